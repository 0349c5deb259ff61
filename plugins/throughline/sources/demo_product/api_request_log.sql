-- Query strings stay behind, and so does what a path says of a person: a segment with an address or
-- with seven digits and more becomes {id}, as it would when the route is looked up.
with parsed as (
    select
        _file,
        _row,
        json_transform(record, '{
            "request_id": "VARCHAR", "ts": "VARCHAR", "method": "VARCHAR", "uri": "VARCHAR",
            "status": "VARCHAR", "request_time": "VARCHAR", "company_id": "VARCHAR",
            "employee_id": "VARCHAR", "login_id": "VARCHAR", "product_version": "VARCHAR",
            "line": "VARCHAR", "event_value": "VARCHAR", "client": "VARCHAR", "ip": "VARCHAR"
        }') as asked
    from requests
)

select
    _file,
    _row,
    asked.request_id,
    asked.ts,
    upper(asked.method) as method,
    regexp_replace(
        regexp_replace(asked.uri, '[?#].*$', ''),
        '[^/]*(@|%40|[0-9]{7})[^/]*', '{id}', 'g'
    ) as path,
    asked.status,
    try_cast(asked.request_time as double) * 1000 as latency_ms,
    asked.company_id,
    nullif(asked.employee_id, '') as employee_id,
    nullif(asked.login_id, '') as login_id,
    nullif(asked.product_version, '') as product_version,
    nullif(asked.line, '') as line_hint,
    nullif(asked.event_value, '') as event_value,
    nullif(asked.client, '') as client,
    nullif(asked.ip, '') as ip,
from parsed
where nullif(asked.company_id, '') is not null
