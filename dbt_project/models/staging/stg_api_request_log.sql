{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'api_request_log'},
    on_schema_change='fail',
) }}
with

input as (

    select
        *,
        ts as event_at,
        false as is_clock_skew,
    from {{ source('input', 'api_request_log') }}

),

dated as (

    select
        *,
        {{ business_date('event_at') }} as business_date,
    from input

),

-- A copy on another date may win over one on a touched date, so copies compete wherever they are.
candidates as (

    select * from dated
    {% if is_incremental() %}
    where request_id in (
        select touched.request_id
        from dated as touched
        where touched.business_date in {{ touched_dates('api_request_log') }}
    )
    {% endif %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by request_id
            order by ts, _row_hash, _loaded_at, _batch_id
        ) as copy_no,
    from candidates

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
    from ranked
    where
        copy_no = 1
        and not coalesce(is_test, false)
        {% if is_incremental() %}
        and business_date in {{ touched_dates('api_request_log') }}
        {% endif %}

)

select * from final
