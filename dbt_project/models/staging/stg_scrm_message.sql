{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'scrm_message'},
    on_schema_change='fail',
) }}
with

input as (

    select
        *,
        ts as event_at,
        false as is_clock_skew,
    from {{ source('input', 'scrm_message') }}

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
    where msg_id in (
        select touched.msg_id
        from dated as touched
        where touched.business_date in {{ touched_dates('scrm_message') }}
    )
    {% endif %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by msg_id
            order by ts, _row_hash, _loaded_at, _batch_id
        ) as copy_no,
    from candidates

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
    from ranked
    where
        copy_no = 1
        and not coalesce(is_test, false)
        {% if is_incremental() %}
        and business_date in {{ touched_dates('scrm_message') }}
        {% endif %}

)

select * from final
