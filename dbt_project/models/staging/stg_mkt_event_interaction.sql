with

input as (

    select
        *,
        ts as event_at,
        false as is_clock_skew,
    from {{ source('input', 'mkt_event_interaction') }}

),

candidates as (

    select
        *,
        {{ business_date('event_at') }} as business_date,
    from input

),

ranked as (

    select
        *,
        row_number() over (
            partition by id
            order by ts, _row_hash, _loaded_at, _batch_id
        ) as copy_no,
    from candidates

),

final as (

    select
        id,
        event_id,
        person_key,
        ts,
        kind,
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
