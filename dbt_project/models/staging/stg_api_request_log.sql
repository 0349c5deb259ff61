{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'api_request_log'},
    on_schema_change='fail',
) }}
{% set rows -%}
select
    *,
    ts as event_at,
    false as is_clock_skew,
    {{ business_date('event_at') }} as business_date,
from {{ touched_rows('api_request_log') if is_incremental() else source('input', 'api_request_log') }}
{%- endset %}
with

-- Copies compete wherever they are: one on another date may win over one on a touched date.
once as (

    {{ each_once(rows, ['request_id'], ['ts', '_row_hash', '_loaded_at', '_batch_id']) }}

),

final as (

    select
        request_id,
        ts,
        method,
        path,
        status,
        latency_ms,
        company_id,
        employee_id,
        login_id,
        product_version,
        line_hint,
        event_value,
        client,
        ip_hash,
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
        and business_date in {{ touched_dates('api_request_log') }}
        {% endif %}

)

select * from final
