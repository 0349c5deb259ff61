-- Each record is parsed once, into a structure of texts; what it does not hold is NULL.
with parsed as (
    select
        _file,
        _row,
        json_transform(record, '{
            "messageId": "VARCHAR",
            "anonymousId": "VARCHAR",
            "userId": "VARCHAR",
            "timestamp": "VARCHAR",
            "receivedAt": "VARCHAR",
            "properties": {
                "url": "VARCHAR", "path": "VARCHAR", "title": "VARCHAR", "referrer": "VARCHAR",
                "browser": "VARCHAR", "site_id": "VARCHAR", "module": "VARCHAR",
                "leave_ts": "VARCHAR"
            },
            "context": {
                "campaign": {
                    "source": "VARCHAR", "medium": "VARCHAR", "name": "VARCHAR",
                    "term": "VARCHAR", "content": "VARCHAR"
                },
                "ip": "VARCHAR",
                "userAgent": "VARCHAR",
                "device": {"type": "VARCHAR"},
                "os": {"name": "VARCHAR"},
                "screen": {"width": "VARCHAR", "height": "VARCHAR"},
                "network": {"carrier": "VARCHAR"}
            }
        }') as page,
    from pages
)

select
    _file,
    _row,
    page.messageId as event_id,
    page.anonymousId as anonymous_id,
    page.userId as user_id,
    page.timestamp as event_time,
    page.receivedAt as received_at,
    page.properties.url as url,
    page.properties.path as url_path,
    page.properties.title as title,
    page.properties.referrer as referrer,
    page.context.campaign.source as utm_source,
    page.context.campaign.medium as utm_medium,
    page.context.campaign.name as utm_campaign,
    page.context.campaign.term as utm_term,
    page.context.campaign.content as utm_content,
    page.context.ip as ip,
    page.context.userAgent as ua,
    page.context.device.type as device,
    page.context.os.name as os,
    page.properties.browser as browser,
    page.context.screen.width as screen_w,
    page.context.screen.height as screen_h,
    page.context.network.carrier as carrier,
    page.properties.site_id as site_id,
    page.properties.module as module,
    page.properties.leave_ts as leave_ts,
from parsed
