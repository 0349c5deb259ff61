{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'app_event'},
    on_schema_change='fail',
) }}
{% set rows -%}
select
    *,
    {{ event_at('event_time', 'received_at') }} as event_at,
    {{ is_clock_skew('event_time', 'received_at') }} as is_clock_skew,
    {{ business_date('event_at') }} as business_date,
from {{ touched_rows('app_event') if is_incremental() else source('input', 'app_event') }}
{%- endset %}
with

-- Copies compete wherever they are: one on another date may win over one on a touched date.
once as (

    {{ each_once(rows, ['event_id'], ['received_at', '_row_hash', '_loaded_at', '_batch_id']) }}

),

final as (

    select
        event_id,
        type,
        event,
        distinct_id,
        anonymous_id,
        login_id,
        original_id,
        event_time,
        received_at,
        project,
        company_id,
        employee_id,
        app_version,
        os,
        device_id,
        ip_hash,
        ua,
        carrier,
        network_type,
        is_first_day,
        latest_utm_source,
        latest_utm_medium,
        latest_utm_campaign,
        event_duration,
        lib,
        is_test,
        event_at,
        is_clock_skew,
        business_date,
        _source,
        _batch_id,
        _loaded_at,
        _row_hash,
    from once
    where
        not coalesce(is_test, false)
        {% if is_incremental() %}
        and business_date in {{ touched_dates('app_event') }}
        {% endif %}

)

select * from final
