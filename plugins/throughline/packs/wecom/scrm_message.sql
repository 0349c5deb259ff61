-- Talks of one member with one customer; nothing of groups, colleagues, robots and recalls.
with unionids as (
    select
        record->>'$.external_contact.external_userid' as external_userid,
        max(nullif(record->>'$.external_contact.unionid', '')) as unionid
    from customers
    group by external_userid
),

sent as (
    select
        _file,
        _row,
        record->>'msgid' as msgid,
        record->>'from' as sender,
        record->>'$.tolist[0]' as receiver,
        coalesce(json_array_length(record->'tolist'), 0) as receivers,
        coalesce(record->>'roomid', '') as roomid,
        record->>'action' as action,
        record->>'msgtype' as msgtype,
        try_cast(record->>'msgtime' as bigint) as at_ms
    from messages
),

sided as (
    select
        *,
        regexp_matches(sender, '^w[mo][A-Za-z0-9_-]{20,}$') as is_from_customer,
        regexp_matches(receiver, '^w[mo][A-Za-z0-9_-]{20,}$') as is_to_customer
    from sent
    where action = 'send' and receivers = 1 and roomid = ''
),

talks as (
    select
        *,
        case when is_from_customer then sender else receiver end as external_userid,
        case when is_from_customer then receiver else sender end as userid
    from sided
    where
        is_from_customer <> is_to_customer
        and not regexp_matches(sender, '^wb[A-Za-z0-9_-]{20,}$')
)

select
    talks._file,
    talks._row,
    talks.msgid as msg_id,
    coalesce(staff.owner_id, talks.userid) as staff_id,
    coalesce(unionids.unionid, talks.external_userid) as customer_uid,
    epoch_ms(talks.at_ms) at time zone 'UTC' as ts,
    case when talks.is_from_customer then 'in' else 'out' end as direction,
    talks.msgtype in ('agree', 'disagree') as is_system,
    talks.msgtype as type,
from talks
left join unionids using (external_userid)
left join staff on talks.userid = staff.userid
