-- A ticket is closed when it is solved for good: at the first solved or closed after the last other
-- status. Zendesk's own closing comes days later, by the clock.
with statuses as (
    select
        cast(ticket_id as varchar) as ticket_id,
        cast(updated as timestamp) as at,
        value in ('solved', 'closed') as is_solved
    from ticket_field_history
    where field_name = 'status'
),

solved as (
    select statuses.ticket_id, min(statuses.at) as at
    from statuses
    where
        statuses.is_solved
        and not exists (
            select 1
            from statuses as later
            where
                later.ticket_id = statuses.ticket_id
                and not later.is_solved
                and later.at > statuses.at
        )
    group by all
),

complaints as (
    select distinct cast(ticket_id as varchar) as ticket_id
    from ticket_tag
    where tag = 'complaint'
)

select
    ticket._file,
    ticket._row,
    ticket.id as case_id,
    case
        when ticket.via_channel = 'voice' then 'call'
        when
            ticket.via_channel in (
                'chat', 'chat_transcript', 'native_messaging', 'whatsapp', 'line', 'wechat',
                'facebook', 'instagram_dm', 'sms', 'telegram', 'viber', 'kakaotalk', 'apple'
            ) then 'im'
        else 'ticket'
    end as channel,
    coalesce(
        cast(organization.external_id as varchar), cast(ticket.organization_id as varchar)
    ) as account_id,
    ticket.requester_id as person_key,
    ticket.created_at as opened_at,
    case
        when ticket.status in ('solved', 'closed')
            then coalesce(solved.at, cast(ticket.updated_at as timestamp))
    end as closed_at,
    ticket.type as category,
    complaints.ticket_id is not null as is_complaint,
    ticket.created_at,
    ticket.updated_at,
    ticket.status = 'deleted' as is_deleted,
from ticket
left join solved on solved.ticket_id = cast(ticket.id as varchar)
left join complaints on complaints.ticket_id = cast(ticket.id as varchar)
left join organization on organization.id = ticket.organization_id
