with

input as (

    select
        *,
        start_at as event_at,
        false as is_clock_skew,
    from {{ source('input', 'cdr') }}

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
            partition by call_id
            order by start_at, _row_hash, _loaded_at, _batch_id
        ) as copy_no,
    from candidates

),

final as (

    select
        call_id,
        direction,
        line,
        caller_hash,
        callee_hash,
        start_at,
        ring_at,
        answer_at,
        end_at,
        talk_seconds,
        queue_seconds,
        agent_id,
        outcome,
        campaign,
        hangup_by,
        lead_id,
        recording_id,
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
