-- A page call. Without the instant of arrival, which Segment's servers add, the sending one stands.
with parsed as (
    select
        _file,
        _row,
        json_transform(record, '{
            "type": "VARCHAR",
            "messageId": "VARCHAR",
            "anonymousId": "VARCHAR",
            "userId": "VARCHAR",
            "timestamp": "VARCHAR",
            "receivedAt": "VARCHAR",
            "sentAt": "VARCHAR",
            "category": "VARCHAR",
            "properties": {
                "url": "VARCHAR", "path": "VARCHAR", "title": "VARCHAR", "referrer": "VARCHAR"
            },
            "context": {
                "page": {
                    "url": "VARCHAR", "path": "VARCHAR", "title": "VARCHAR",
                    "referrer": "VARCHAR"
                },
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
        }') as page
    from messages
),

found as (
    select *, coalesce(page.properties.url, page.context.page.url) as url
    from parsed
    where page.type = 'page'
)

select
    _file,
    _row,
    page.messageId as event_id,
    coalesce(page.anonymousId, page.userId) as anonymous_id,
    page.userId as user_id,
    page.timestamp as event_time,
    coalesce(page.receivedAt, page.sentAt, page.timestamp) as received_at,
    regexp_replace(url, '#.*$', '') as url,
    coalesce(
        page.properties.path,
        page.context.page.path,
        nullif(regexp_extract(url, '^https?://[^/?#]+([^?#]*)', 1), ''),
        '/'
    ) as url_path,
    coalesce(page.properties.title, page.context.page.title) as title,
    coalesce(page.properties.referrer, page.context.page.referrer) as referrer,
    page.context.campaign.source as utm_source,
    page.context.campaign.medium as utm_medium,
    page.context.campaign.name as utm_campaign,
    page.context.campaign.term as utm_term,
    page.context.campaign.content as utm_content,
    page.context.ip as ip,
    page.context.userAgent as ua,
    page.context.device.type as device,
    page.context.os.name as os,
    page.context.screen.width as screen_w,
    page.context.screen.height as screen_h,
    page.context.network.carrier as carrier,
    lower(regexp_extract(url, '^https?://([^/?#:]+)', 1)) as site_id,
    page.category as module,
from found
