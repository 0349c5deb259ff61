{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'touch_event'},
    on_schema_change='fail',
) }}
with

input as (

    select
        *,
        ts as event_at,
        false as is_clock_skew,
    from {{ source('input', 'touch_event') }}

),

dated as (

    select
        *,
        {{ business_date('event_at') }} as business_date,
    from input

),

-- The instant is part of the key, so that all copies of a row lie on one date.
candidates as (

    select * from dated
    {% if is_incremental() %}
    where business_date in {{ touched_dates('touch_event') }}
    {% endif %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by touch_id, kind, ts
            order by ts, _row_hash, _loaded_at, _batch_id
        ) as copy_no,
    from candidates

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
    from ranked
    where
        copy_no = 1
        and not coalesce(is_test, false)

)

select * from final
