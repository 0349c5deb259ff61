with

pageviews as (

    select * from {{ ref('stg_pageview') }}

),

forms as (

    select * from {{ ref('stg_form_submit') }}

),

app_events as (

    select * from {{ ref('stg_app_event') }}

),

arrivals as (

    select 'pageview' as entity, business_date, received_at from pageviews
    union all
    select 'form_submit' as entity, business_date, received_at from forms
    union all
    select 'app_event' as entity, business_date, received_at from app_events

),

dated as (

    select
        entity,
        cast({{ business_date('received_at') }} - business_date as bigint) as days_late,
    from arrivals

),

final as (

    select
        {{ param('run_id') }} as run_id,
        entity,
        days_late,
        count(*) as rows,
    from dated
    where days_late > {{ var('late_days') }}
    group by entity, days_late

)

select * from final
