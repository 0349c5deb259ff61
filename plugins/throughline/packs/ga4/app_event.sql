-- Every event but page views; see pageview.sql for the id.
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
            "stream_id": "VARCHAR",
            "platform": "VARCHAR",
            "event_params": [{"key": "VARCHAR", "value": {"int_value": "DOUBLE"}}],
            "app_info": {"version": "VARCHAR"},
            "device": {"operating_system": "VARCHAR", "vendor_id": "VARCHAR"},
            "collected_traffic_source": {
                "manual_source": "VARCHAR", "manual_medium": "VARCHAR",
                "manual_campaign_name": "VARCHAR"
            }
        }') as event
    from events
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
    'track' as type,
    event.event_name as event,
    coalesce(event.user_id, event.user_pseudo_id) as distinct_id,
    event.user_pseudo_id as anonymous_id,
    event.user_id as login_id,
    make_timestamptz(event.event_timestamp) as event_time,
    make_timestamptz(
        event.event_timestamp + coalesce(event.event_server_timestamp_offset, 0)
    ) as received_at,
    event.stream_id as project,
    event.app_info.version as app_version,
    event.device.operating_system as os,
    event.device.vendor_id as device_id,
    event.collected_traffic_source.manual_source as latest_utm_source,
    event.collected_traffic_source.manual_medium as latest_utm_medium,
    event.collected_traffic_source.manual_campaign_name as latest_utm_campaign,
    list_filter(event.event_params, lambda p: p.key = 'engagement_time_msec')[1].value.int_value
        / 1000 as event_duration,
    lower(event.platform) as lib,
from parsed
where
    event.event_name is distinct from 'page_view'
    and (event.user_pseudo_id is not null or event.user_id is not null)
