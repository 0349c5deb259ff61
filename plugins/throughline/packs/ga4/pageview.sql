-- Google's export gives events no id: everything that tells one from another is taken together.
with parsed as (
    select
        _file,
        _row,
        json_transform(record, '{
            "event_name": "VARCHAR",
            "event_timestamp": "BIGINT",
            "event_server_timestamp_offset": "BIGINT",
            "event_bundle_sequence_id": "VARCHAR",
            "batch_page_id": "VARCHAR",
            "batch_ordering_id": "VARCHAR",
            "batch_event_index": "VARCHAR",
            "user_pseudo_id": "VARCHAR",
            "user_id": "VARCHAR",
            "event_params": [{"key": "VARCHAR", "value": {"string_value": "VARCHAR"}}],
            "device": {
                "category": "VARCHAR", "operating_system": "VARCHAR",
                "web_info": {"browser": "VARCHAR"}
            },
            "collected_traffic_source": {
                "manual_source": "VARCHAR", "manual_medium": "VARCHAR",
                "manual_campaign_name": "VARCHAR", "manual_term": "VARCHAR",
                "manual_content": "VARCHAR"
            }
        }') as event
    from events
),

found as (
    select
        _file,
        _row,
        event,
        list_filter(event.event_params, lambda p: p.key = 'page_location')[1].value.string_value
            as url,
        list_filter(event.event_params, lambda p: p.key = 'page_title')[1].value.string_value
            as title,
        list_filter(event.event_params, lambda p: p.key = 'page_referrer')[1].value.string_value
            as referrer
    from parsed
    where event.event_name = 'page_view' and event.user_pseudo_id is not null
)

select
    _file,
    _row,
    sha256(
        concat_ws(
            '|',
            event.user_pseudo_id,
            event.event_timestamp,
            event.event_name,
            coalesce(event.event_bundle_sequence_id, ''),
            coalesce(event.batch_page_id, ''),
            coalesce(event.batch_ordering_id, ''),
            coalesce(event.batch_event_index, '')
        )
    ) as event_id,
    event.user_pseudo_id as anonymous_id,
    event.user_id as user_id,
    make_timestamptz(event.event_timestamp) as event_time,
    make_timestamptz(
        event.event_timestamp + coalesce(event.event_server_timestamp_offset, 0)
    ) as received_at,
    regexp_replace(url, '#.*$', '') as url,
    coalesce(nullif(regexp_extract(url, '^https?://[^/?#]+([^?#]*)', 1), ''), '/') as url_path,
    title,
    referrer,
    event.collected_traffic_source.manual_source as utm_source,
    event.collected_traffic_source.manual_medium as utm_medium,
    event.collected_traffic_source.manual_campaign_name as utm_campaign,
    event.collected_traffic_source.manual_term as utm_term,
    event.collected_traffic_source.manual_content as utm_content,
    event.device.category as device,
    event.device.operating_system as os,
    event.device.web_info.browser as browser,
    lower(regexp_extract(url, '^https?://([^/?#:]+)', 1)) as site_id,
from found
