{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': ['app_event', 'api_request_log']},
    on_schema_change='fail',
) }}
-- One row per version of the product, SDK and business date, with what was seen of it. Rebuilt for
-- touched dates, so that nobody reads all events to know which versions there are.
with

app_events as (

    select * from {{ ref('stg_app_event') }}
    {% if is_incremental() %}
    where business_date in {{ touched_dates(['app_event', 'api_request_log']) }}
    {% endif %}

),

requests as (

    select * from {{ ref('stg_api_request_log') }}
    {% if is_incremental() %}
    where business_date in {{ touched_dates(['app_event', 'api_request_log']) }}
    {% endif %}

),

final as (

    select
        'app' as origin,
        app_version as product_version,
        lib as sdk,
        business_date,
        count(*) as events,
    from app_events
    group by app_version, lib, business_date

    union all

    select
        'api' as origin,
        product_version,
        cast(null as varchar) as sdk,
        business_date,
        count(*) as events,
    from requests
    group by product_version, business_date

)

select * from final
