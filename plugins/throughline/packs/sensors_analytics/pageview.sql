-- The web SDK's $pageview; see app_event.sql for ids and instants.
with parsed as (
    select
        _file,
        _row,
        sha256(record) as digest,
        json_keys(record, '$.identities') as keys,
        json_transform(record, '{
            "_track_id": "VARCHAR",
            "event": "VARCHAR",
            "distinct_id": "VARCHAR",
            "anonymous_id": "VARCHAR",
            "login_id": "VARCHAR",
            "time": "VARCHAR",
            "recv_time": "VARCHAR",
            "_flush_time": "VARCHAR",
            "identities": {
                "$identity_login_id": "VARCHAR", "$identity_cookie_id": "VARCHAR",
                "$identity_anonymous_id": "VARCHAR"
            },
            "properties": {
                "$is_login_id": "VARCHAR",
                "$url": "VARCHAR", "$url_path": "VARCHAR", "$title": "VARCHAR",
                "$referrer": "VARCHAR", "$utm_source": "VARCHAR", "$utm_medium": "VARCHAR",
                "$utm_campaign": "VARCHAR", "$utm_term": "VARCHAR", "$utm_content": "VARCHAR",
                "$ip": "VARCHAR", "$user_agent": "VARCHAR", "$os": "VARCHAR",
                "$browser": "VARCHAR", "$screen_width": "VARCHAR", "$screen_height": "VARCHAR",
                "$carrier": "VARCHAR", "$network_type": "VARCHAR"
            }
        }') as page
    from records
),

named as (
    select
        *,
        list_transform(
            [page.distinct_id, page.anonymous_id, page.login_id],
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
        when page._track_id is null then digest
        else sha256(concat_ws('|', page._track_id, page.distinct_id, page.time))
    end as event_id,
    coalesce(
        ids[2],
        page.identities."$identity_cookie_id",
        page.identities."$identity_anonymous_id",
        ids[1]
    ) as anonymous_id,
    coalesce(
        ids[3],
        page.identities."$identity_login_id",
        case when page.properties."$is_login_id" = 'true' then ids[1] end
    ) as user_id,
    epoch_ms(try_cast(page.time as bigint)) at time zone 'UTC' as event_time,
    epoch_ms(
        try_cast(coalesce(page.recv_time, page._flush_time, page.time) as bigint)
    ) at time zone 'UTC' as received_at,
    regexp_replace(page.properties."$url", '#.*$', '') as url,
    coalesce(
        page.properties."$url_path",
        nullif(regexp_extract(page.properties."$url", '^https?://[^/?#]+([^?#]*)', 1), ''),
        '/'
    ) as url_path,
    page.properties."$title" as title,
    page.properties."$referrer" as referrer,
    page.properties."$utm_source" as utm_source,
    page.properties."$utm_medium" as utm_medium,
    page.properties."$utm_campaign" as utm_campaign,
    page.properties."$utm_term" as utm_term,
    page.properties."$utm_content" as utm_content,
    page.properties."$ip" as ip,
    page.properties."$user_agent" as ua,
    page.properties."$os" as os,
    page.properties."$browser" as browser,
    page.properties."$screen_width" as screen_w,
    page.properties."$screen_height" as screen_h,
    page.properties."$carrier" as carrier,
    page.properties."$network_type" as network,
    lower(regexp_extract(page.properties."$url", '^https?://([^/?#:]+)', 1)) as site_id,
from named
where page.event = '$pageview'
