with

pageviews as (

    select * from {{ ref('stg_pageview') }}

),

forms as (

    select * from {{ ref('stg_form_submit') }}

),

clicks as (

    select * from {{ ref('stg_click') }}

),

content_events as (

    select * from {{ ref('stg_content_event') }}

),

searches as (

    select * from {{ ref('stg_search_term') }}

),

app_events as (

    select * from {{ ref('stg_app_event') }}

),

payments as (

    select * from {{ ref('stg_payment') }}

),

refunds as (

    select * from {{ ref('stg_refund') }}

),

ad_days as (

    select
        _source,
        date,
        {{ business_date('_loaded_at') }} as loaded_date,
        count(*) as rows,
    from {{ ref('stg_ad_spend_daily') }}
    group by all

),

ad_loads as (

    select
        _source,
        loaded_date,
        max(max(date)) over (
            partition by _source order by loaded_date
            rows between unbounded preceding and 1 preceding
        ) as reached_date,
    from ad_days
    group by _source, loaded_date

),

-- Ad rows carry no instant of their own: they are as late as they were loaded, restated or not,
-- but only on dates that their source had reached before. A first load of history is not late.
late_ads as (

    select
        ad_days.date,
        ad_days.loaded_date,
        ad_days.rows,
    from ad_days
    inner join ad_loads
        on
            ad_days._source = ad_loads._source
            and ad_days.loaded_date = ad_loads.loaded_date
            and ad_days.date <= ad_loads.reached_date

),

arrivals as (

    select
        'pageview' as entity,
        {{ days_between('business_date', business_date('received_at')) }} as days_late,
        {{ var('late_days') }} as expected_days,
        1 as rows,
    from pageviews

    union all

    select
        'form_submit' as entity,
        {{ days_between('business_date', business_date('received_at')) }} as days_late,
        {{ var('late_days') }} as expected_days,
        1 as rows,
    from forms

    union all

    select
        'click' as entity,
        {{ days_between('business_date', business_date('received_at')) }} as days_late,
        {{ var('late_days') }} as expected_days,
        1 as rows,
    from clicks

    union all

    select
        'content_event' as entity,
        {{ days_between('business_date', business_date('received_at')) }} as days_late,
        {{ var('late_days') }} as expected_days,
        1 as rows,
    from content_events

    union all

    select
        'search_term' as entity,
        {{ days_between('business_date', business_date('received_at')) }} as days_late,
        {{ var('late_days') }} as expected_days,
        1 as rows,
    from searches

    union all

    select
        'app_event' as entity,
        {{ days_between('business_date', business_date('received_at')) }} as days_late,
        {{ var('late_days') }} as expected_days,
        1 as rows,
    from app_events

    union all

    select
        'ad_spend_daily' as entity,
        {{ days_between('date', 'loaded_date') }} as days_late,
        {{ var('late_days_ads') }} as expected_days,
        rows,
    from late_ads

    union all

    select
        'payment' as entity,
        {{ days_between(business_date('paid_at'), business_date('created_at')) }} as days_late,
        {{ var('late_days_payments') }} as expected_days,
        1 as rows,
    from payments

    union all

    select
        'refund' as entity,
        {{ days_between(business_date('refunded_at'), business_date('created_at')) }} as days_late,
        {{ var('late_days_payments') }} as expected_days,
        1 as rows,
    from refunds

),

final as (

    select
        {{ param('run_id') }} as run_id,
        entity,
        cast(days_late as bigint) as days_late,
        cast(sum(rows) as bigint) as rows,
    from arrivals
    where days_late > expected_days
    group by entity, days_late

)

select * from final
