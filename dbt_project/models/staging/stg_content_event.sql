{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'content_event'},
    on_schema_change='fail',
) }}
with

input as (

    select
        *,
        {{ event_at('event_time', 'received_at') }} as event_at,
        {{ is_clock_skew('event_time', 'received_at') }} as is_clock_skew,
    from {{ source('input', 'content_event') }}

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
    where event_id in (
        select touched.event_id
        from dated as touched
        where touched.business_date in {{ touched_dates('content_event') }}
    )
    {% endif %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by event_id
            order by received_at, _row_hash, _loaded_at, _batch_id
        ) as copy_no,
    from candidates

),

final as (

    select
        event_id,
        content_id,
        anonymous_id,
        user_id,
        event_time,
        received_at,
        kind,
        share_id,
        dwell_seconds,
        site_id,
        ip_hash,
        ua,
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
        and business_date in {{ touched_dates('content_event') }}
        {% endif %}

)

select * from final
