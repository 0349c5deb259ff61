-- One row is a visit: its time, its source and the page it began on. How many pages followed Baidu
-- says (访问页数), but not which.
with given as (
    select
        *,
        replace("访问时间", '/', '-') as visited_at,
        "入口页面" as entry,
        case when "来源" like 'http%' then "来源" end as referrer
    from visits
)

select
    _file,
    _row,
    sha256(concat_ws('|', "访客标识码", visited_at, entry)) as event_id,
    "访客标识码" as anonymous_id,
    visited_at as event_time,
    visited_at as received_at,
    regexp_replace(entry, '#.*$', '') as url,
    coalesce(nullif(regexp_extract(entry, '^https?://[^/?#]+([^?#]*)', 1), ''), '/') as url_path,
    referrer,
    nullif(regexp_extract(entry, '[?&]utm_source=([^&#]*)', 1), '') as utm_source,
    nullif(regexp_extract(entry, '[?&]utm_medium=([^&#]*)', 1), '') as utm_medium,
    nullif(regexp_extract(entry, '[?&]utm_campaign=([^&#]*)', 1), '') as utm_campaign,
    nullif(regexp_extract(entry, '[?&]utm_term=([^&#]*)', 1), '') as utm_term,
    nullif(regexp_extract(entry, '[?&]utm_content=([^&#]*)', 1), '') as utm_content,
    "访问IP" as ip,
    lower(regexp_extract(entry, '^https?://([^/?#:]+)', 1)) as site_id,
from given
