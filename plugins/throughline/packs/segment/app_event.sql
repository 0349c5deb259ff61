-- A track call; its name, which is written as in "Signed Up", becomes signed_up. Letters beyond the
-- Latin ones stay, so that such a name is rejected: without them all such names would be one.
with parsed as (
    select
        _file,
        _row,
        json_transform(record, '{
            "type": "VARCHAR",
            "event": "VARCHAR",
            "messageId": "VARCHAR",
            "anonymousId": "VARCHAR",
            "userId": "VARCHAR",
            "timestamp": "VARCHAR",
            "receivedAt": "VARCHAR",
            "sentAt": "VARCHAR",
            "context": {
                "groupId": "VARCHAR",
                "app": {"version": "VARCHAR"},
                "campaign": {"source": "VARCHAR", "medium": "VARCHAR", "name": "VARCHAR"},
                "device": {"id": "VARCHAR"},
                "ip": "VARCHAR",
                "library": {"name": "VARCHAR"},
                "network": {"carrier": "VARCHAR", "wifi": "VARCHAR", "cellular": "VARCHAR"},
                "os": {"name": "VARCHAR"},
                "userAgent": "VARCHAR"
            },
            "properties": {"groupId": "VARCHAR"}
        }') as event
    from messages
)

select
    _file,
    _row,
    event.messageId as event_id,
    'track' as type,
    regexp_replace(
        regexp_replace(
            strip_accents(lower(trim(event.event))), '([^\pL\pN_$]|[ß-ɏ])+', '_', 'g'
        ),
        '^([0-9])',
        '_\1'
    ) as event,
    coalesce(event.userId, event.anonymousId) as distinct_id,
    event.anonymousId as anonymous_id,
    event.userId as login_id,
    event.timestamp as event_time,
    coalesce(event.receivedAt, event.sentAt, event.timestamp) as received_at,
    coalesce(event.context.groupId, event.properties.groupId) as company_id,
    event.context.app.version as app_version,
    event.context.os.name as os,
    event.context.device.id as device_id,
    event.context.ip as ip,
    event.context.userAgent as ua,
    event.context.network.carrier as carrier,
    case
        when event.context.network.wifi = 'true' then 'wifi'
        when event.context.network.cellular = 'true' then 'cellular'
    end as network_type,
    event.context.campaign.source as latest_utm_source,
    event.context.campaign.medium as latest_utm_medium,
    event.context.campaign.name as latest_utm_campaign,
    event.context.library.name as lib,
from parsed
where event.type = 'track'
