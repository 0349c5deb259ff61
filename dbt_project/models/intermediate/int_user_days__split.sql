-- fct_user_day once more for the days on which a cookie changed hands while it was in use (identity
-- rule 3, shared devices): one row per person instead of one per cookie. Of a cookie, company and
-- business line on such a date these rows count, and none of fct_user_day.
with

periods as (

    select * from {{ ref('int_identity_periods__handed') }}
    where id_type = 'anonymous_id'

),

user_days as (

    select * from {{ ref('fct_user_day') }}
    where node_type = 'anonymous_id'

),

business_events as (

    select * from {{ ref('fct_business_event') }}
    where login_id is null

),

split_days as (

    select distinct
        user_days.node_value,
        user_days.business_date,
    from user_days
    inner join periods
        on
            user_days.node_value = periods.id_value
            and periods.period_no > 1
            and periods.valid_from > user_days.first_at
            and periods.valid_from <= user_days.last_at

),

held_events as (

    select
        business_events.*,
        periods.person_id,
    from business_events
    inner join split_days
        on
            business_events.anonymous_id = split_days.node_value
            and business_events.business_date = split_days.business_date
    inner join periods
        on
            business_events.anonymous_id = periods.id_value
            and {{ held_at('periods', 'business_events.event_at') }}

),

final as (

    select
        'anonymous_id' as node_type,
        anonymous_id as node_value,
        company_id,
        max(employee_id) as employee_id,
        business_line,
        business_date,
        {{ user_day_measures() }},
        person_id,
    from held_events
    group by
        anonymous_id,
        company_id,
        business_line,
        business_date,
        person_id

)

select * from final
