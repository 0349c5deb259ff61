{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'touch'},
    on_schema_change='fail',
) }}
with

input as (

    select
        *,
        sent_at as event_at,
        false as is_clock_skew,
    from {{ source('input', 'touch') }}

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
    where touch_id in (
        select touched.touch_id
        from dated as touched
        where touched.business_date in {{ touched_dates('touch') }}
    )
    {% endif %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by touch_id
            order by sent_at, _row_hash, _loaded_at, _batch_id
        ) as copy_no,
    from candidates

),

final as (

    select
        touch_id,
        task_id,
        experiment_id,
        variant,
        channel,
        staff_id,
        customer_uid,
        person_key,
        sent_at,
        material_id,
        tone,
        send_slot,
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
        and business_date in {{ touched_dates('touch') }}
        {% endif %}

)

select * from final
