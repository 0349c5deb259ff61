-- Profile operations carry no event name: their type stands in for it. The SDKs of servers give no
-- _track_id; the whole record then tells one event from another, so that one delivered twice is
-- one. A record that was never sent has no instant of arrival: the server's own clock wrote it.
-- Bound identities tell what a sign-up tells: who an anonymous id is.
with parsed as (
    select
        _file,
        _row,
        sha256(record) as digest,
        json_keys(record, '$.identities') as keys,
        json_transform(record, '{
            "_track_id": "VARCHAR",
            "type": "VARCHAR",
            "event": "VARCHAR",
            "distinct_id": "VARCHAR",
            "anonymous_id": "VARCHAR",
            "login_id": "VARCHAR",
            "original_id": "VARCHAR",
            "time": "VARCHAR",
            "recv_time": "VARCHAR",
            "_flush_time": "VARCHAR",
            "project": "VARCHAR",
            "lib": {"$lib": "VARCHAR"},
            "identities": {
                "$identity_login_id": "VARCHAR", "$identity_cookie_id": "VARCHAR",
                "$identity_anonymous_id": "VARCHAR"
            },
            "properties": {
                "$is_login_id": "VARCHAR",
                "company_id": "VARCHAR", "employee_id": "VARCHAR", "$app_version": "VARCHAR",
                "$os": "VARCHAR", "$device_id": "VARCHAR", "$ip": "VARCHAR",
                "$user_agent": "VARCHAR", "$carrier": "VARCHAR", "$network_type": "VARCHAR",
                "$is_first_day": "VARCHAR", "$latest_utm_source": "VARCHAR",
                "$latest_utm_medium": "VARCHAR", "$latest_utm_campaign": "VARCHAR",
                "$event_duration": "VARCHAR"
            }
        }') as event
    from records
),

-- An identity other than the login stands behind its key, as in $identity_mobile+13800138000. Only
-- the value tells the person, and only of a plain number or address is personal data replaced.
named as (
    select
        *,
        list_transform(
            [event.distinct_id, event.anonymous_id, event.login_id, event.original_id],
            lambda id: coalesce(
                id[length(list_filter(keys, lambda key: starts_with(id, key || '+'))[1]) + 2:], id
            )
        ) as ids
    from parsed
)

select
    _file,
    _row,
    case
        when event._track_id is null then digest
        else sha256(concat_ws('|', event._track_id, event.distinct_id, event.time))
    end as event_id,
    case when event.type = 'track_id_bind' then 'track_signup' else event.type end as type,
    coalesce(event.event, event.type) as event,
    ids[1] as distinct_id,
    coalesce(
        ids[2],
        event.identities."$identity_cookie_id",
        event.identities."$identity_anonymous_id",
        ids[4]
    ) as anonymous_id,
    coalesce(
        ids[3],
        event.identities."$identity_login_id",
        case
            when event.properties."$is_login_id" = 'true' or event.type = 'track_signup'
                then ids[1]
        end
    ) as login_id,
    ids[4] as original_id,
    epoch_ms(try_cast(event.time as bigint)) at time zone 'UTC' as event_time,
    epoch_ms(
        try_cast(coalesce(event.recv_time, event._flush_time, event.time) as bigint)
    ) at time zone 'UTC' as received_at,
    event.project as project,
    event.properties.company_id as company_id,
    event.properties.employee_id as employee_id,
    event.properties."$app_version" as app_version,
    event.properties."$os" as os,
    event.properties."$device_id" as device_id,
    event.properties."$ip" as ip,
    event.properties."$user_agent" as ua,
    event.properties."$carrier" as carrier,
    event.properties."$network_type" as network_type,
    event.properties."$is_first_day" as is_first_day,
    event.properties."$latest_utm_source" as latest_utm_source,
    event.properties."$latest_utm_medium" as latest_utm_medium,
    event.properties."$latest_utm_campaign" as latest_utm_campaign,
    event.properties."$event_duration" as event_duration,
    event.lib."$lib" as lib,
from named
where
    event.type is null
    or (
        event.type not in (
            'item_set', 'item_delete', 'profile_increment', 'profile_append', 'profile_unset',
            'profile_delete', 'track_id_unbind'
        )
        and event.event is distinct from '$pageview'
    )
