{# Events with their collector's instant of arrival. #}
{% set received = [
    'pageview', 'form_submit', 'click', 'content_event', 'search_term', 'app_event',
] %}
{# Dated rows without one, by their column of the date and the days that they may take. #}
{% set loaded = {
    'ad_spend_daily': ('date', var('late_days_ads')),
    'api_request_log': ('business_date', var('late_days')),
    'cdr': ('business_date', var('late_days')),
    'link_click': ('business_date', var('late_days')),
    'mkt_event_interaction': ('business_date', var('late_days')),
    'scrm_message': ('business_date', var('late_days')),
    'touch': ('business_date', var('late_days')),
    'touch_event': ('business_date', var('late_days')),
} %}
with

days as (
    {% for entity, (date, expected_days) in loaded.items() %}
    {%- if not loop.first %}
    union all
    {% endif %}
    select
        '{{ entity }}' as entity,
        _source,
        {{ date }} as date,
        {{ business_date('_loaded_at') }} as loaded_date,
        {{ expected_days }} as expected_days,
        count(*) as rows,
    from {{ ref('stg_' ~ entity) }}
    group by all
    {% endfor %}
),

loads as (

    select
        entity,
        _source,
        loaded_date,
        max(max(date)) over (
            partition by entity, _source order by loaded_date
            rows between unbounded preceding and 1 preceding
        ) as reached_date,
    from days
    group by entity, _source, loaded_date

),

payments as (

    select * from {{ ref('stg_payment') }}

),

refunds as (

    select * from {{ ref('stg_refund') }}

),

arrivals as (
    {% for entity in received %}
    select
        '{{ entity }}' as entity,
        {{ days_between('business_date', business_date('received_at')) }} as days_late,
        {{ var('late_days') }} as expected_days,
        1 as rows,
    from {{ ref('stg_' ~ entity) }}

    union all
    {% endfor %}
    -- Rows without an instant of arrival are as late as they were loaded, restated or not, but only
    -- on dates that their source had reached before. A first load of history is not late.
    select
        days.entity,
        {{ days_between('days.date', 'days.loaded_date') }} as days_late,
        days.expected_days,
        days.rows,
    from days
    inner join loads
        on
            days.entity = loads.entity
            and days._source = loads._source
            and days.loaded_date = loads.loaded_date
            and days.date <= loads.reached_date

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
