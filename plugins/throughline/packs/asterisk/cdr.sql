-- Asterisk answers a call when a menu, a queue or a mailbox takes it; a call is answered here when
-- it was connected to somebody. One call may leave several records: all but the first are told
-- apart by a number.
with given as (
    select
        calls.*,
        coalesce(contexts.direction, calls.dcontext) as direction,
        nullif(dstchannel, '') is not null as is_connected,
        try_cast(nullif(answer, '') as timestamp) as picked_up_at,
        try_cast(calls."end" as timestamp) as ended_at,
        row_number() over (partition by uniqueid order by start, _file, _row) as leg
    from calls
    left join contexts on contexts.dcontext = calls.dcontext
),

judged as (
    select
        *,
        case
            when disposition = 'ANSWERED' and lower(lastapp) = 'voicemail' then 'voicemail'
            when disposition = 'ANSWERED' and is_connected then 'answered'
            when disposition = 'ANSWERED' and lower(lastapp) = 'queue' then 'abandoned'
            when disposition = 'ANSWERED' then 'ivr_only'
            when disposition = 'BUSY' then 'busy'
            when disposition in ('FAILED', 'CONGESTION') and direction = 'out' then 'invalid_number'
            when disposition in ('FAILED', 'CONGESTION') then 'blocked'
            when disposition = 'NO ANSWER' and direction = 'out' then 'no_answer'
            when disposition = 'NO ANSWER' then 'missed'
            else disposition
        end as outcome
    from given
)

select
    _file,
    _row,
    case when leg = 1 then uniqueid else uniqueid || '-' || leg end as call_id,
    direction,
    case direction when 'in' then '400' when 'out' then 'out' end as line,
    src as caller,
    dst as callee,
    start as start_at,
    case when outcome = 'answered' then picked_up_at end as answer_at,
    ended_at as end_at,
    case
        when outcome = 'answered' then date_diff('second', picked_up_at, ended_at)
    end as talk_seconds,
    nullif(
        regexp_extract(
            case direction when 'in' then dstchannel else channel end, '^[^/]+/([^-@/]+)', 1
        ),
        ''
    ) as agent_id,
    outcome,
    userfield as recording_id,
from judged
cross join constants
where not (direction = 'out' and length(dst) <= constants.extension_digits)
