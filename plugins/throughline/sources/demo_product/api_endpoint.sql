-- A list that says nothing of when it holds has always held.
select
    _file,
    _row,
    nullif(endpoint_id, '') as endpoint_id,
    upper(method) as method,
    route_template,
    line,
    nullif(l1, '') as l1,
    nullif(l2, '') as l2,
    nullif(endpoint_name, '') as endpoint_name,
    nullif(business_event, '') as business_event,
    nullif(is_active_event, '') as is_active_event,
    nullif(is_core_feature, '') as is_core_feature,
    nullif(owner_team, '') as owner_team,
    coalesce(nullif(valid_from, ''), '2000-01-01') as valid_from,
    nullif(valid_to, '') as valid_to,
from endpoints
