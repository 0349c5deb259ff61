{# Events with their collector's instant of arrival. #}
{% set received = {
    'pageview': ref('stg_pageview'),
    'form_submit': ref('stg_form_submit'),
    'click': ref('stg_click'),
    'content_event': ref('stg_content_event'),
    'search_term': ref('stg_search_term'),
    'app_event': ref('stg_app_event'),
} %}
{# Dated rows without one; those of ads have a column of their own, and more days. #}
{% set loaded = {
    'ad_spend_daily': ref('stg_ad_spend_daily'),
    'api_request_log': ref('stg_api_request_log'),
    'cdr': ref('stg_cdr'),
    'link_click': ref('stg_link_click'),
    'mkt_event_interaction': ref('stg_mkt_event_interaction'),
    'scrm_message': ref('stg_scrm_message'),
    'touch': ref('stg_touch'),
    'touch_event': ref('stg_touch_event'),
} %}
with

days as (
    {% for entity, rows in loaded.items() -%}
    {% set of_ads = entity == 'ad_spend_daily' %}
    {%- if not loop.first %}
    union all
    {% endif %}
    select
        '{{ entity }}' as entity,
        _source,
        {{ 'date' if of_ads else 'business_date' }} as date,
        {{ business_date('_loaded_at') }} as loaded_date,
        {{ var('late_days_ads') if of_ads else var('late_days') }} as expected_days,
        count(*) as rows,
    from {{ rows }}
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
    {% for entity, rows in received.items() %}
    select
        '{{ entity }}' as entity,
        {{ days_between('business_date', business_date('received_at')) }} as days_late,
        {{ var('late_days') }} as expected_days,
        1 as rows,
    from {{ rows }}

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
