{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'scrm_message'},
    on_schema_change='fail',
) }}
{% set rows -%}
select
    *,
    ts as event_at,
    false as is_clock_skew,
    {{ business_date('event_at') }} as business_date,
from {{ touched_rows('scrm_message') if is_incremental() else source('input', 'scrm_message') }}
{%- endset %}
with

-- Copies compete wherever they are: one on another date may win over one on a touched date.
once as (

    {{ each_once(rows, ['msg_id'], ['ts', '_row_hash', '_loaded_at', '_batch_id']) }}

),

final as (

    select
        msg_id,
        staff_id,
        customer_uid,
        ts,
        direction,
        is_system,
        type,
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
        and business_date in {{ touched_dates('scrm_message') }}
        {% endif %}

)

select * from final
