with

input as (

    select
        *,
        {{ event_at('event_time', 'received_at') }} as event_at,
        {{ is_clock_skew('event_time', 'received_at') }} as is_clock_skew,
    from {{ source('input', 'search_term') }}

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
            partition by event_id
            order by received_at, _row_hash, _loaded_at, _batch_id
        ) as copy_no,
    from candidates

),

final as (

    select
        event_id,
        anonymous_id,
        event_time,
        received_at,
        term,
        source,
        results_cnt,
        clicked_url,
        site_id,
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
