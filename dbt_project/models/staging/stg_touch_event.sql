{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'touch_event'},
    on_schema_change='fail',
) }}
{% set rows -%}
select
    *,
    ts as event_at,
    false as is_clock_skew,
    {{ business_date('event_at') }} as business_date,
from {{ touched_rows('touch_event') if is_incremental() else source('input', 'touch_event') }}
{%- endset %}
with

-- Copies compete wherever they are: one on another date may win over one on a touched date.
once as (

    {{ each_once(rows, ['touch_id', 'kind', 'ts'], ['ts', '_row_hash', '_loaded_at', '_batch_id']) }}

),

final as (

    select
        touch_id,
        kind,
        ts,
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
        and business_date in {{ touched_dates('touch_event') }}
        {% endif %}

)

select * from final
