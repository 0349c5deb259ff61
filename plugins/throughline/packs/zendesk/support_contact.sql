-- A ticket is closed when it is solved; Zendesk's own closing comes days later, by the clock.
with companies as (
    select
        record->>'id' as id,
        coalesce(nullif(record->>'external_id', ''), record->>'id') as account_id
    from organizations
)

select
    tickets._file,
    tickets._row,
    record->>'id' as case_id,
    case
        when (record->>'$.via.channel') = 'voice' then 'call'
        when
            (record->>'$.via.channel') in (
                'chat', 'chat_transcript', 'native_messaging', 'whatsapp', 'line', 'wechat',
                'facebook', 'instagram_dm', 'sms', 'telegram', 'viber', 'kakaotalk', 'apple'
            ) then 'im'
        else 'ticket'
    end as channel,
    coalesce(companies.account_id, record->>'organization_id') as account_id,
    record->>'requester_id' as person_key,
    record->>'created_at' as opened_at,
    case
        when (record->>'status') in ('solved', 'closed')
            then coalesce(record->>'$.metric_set.solved_at', record->>'updated_at')
    end as closed_at,
    record->>'type' as category,
    list_contains(from_json(record->'tags', '["VARCHAR"]'), 'complaint') as is_complaint,
    case
        when (record->>'$.satisfaction_rating.score') like 'good%' then 5
        when (record->>'$.satisfaction_rating.score') like 'bad%' then 1
    end as csat,
    record->>'created_at' as created_at,
    record->>'updated_at' as updated_at,
    (record->>'status') = 'deleted' as is_deleted,
from tickets
left join companies on companies.id = (tickets.record->>'organization_id')
