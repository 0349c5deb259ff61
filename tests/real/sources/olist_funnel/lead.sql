select
    leads._file,
    leads._row,
    leads.mql_id as lead_id,
    try_strptime(leads.first_contact_date, '%m/%d/%Y') + to_hours(constants.contact_hour)
        as created_at,
    'form' as source_system,
    leads.origin as channel_raw,
    channels.utm_medium,
    case when deals.mql_id is null then 'valid' else 'converted' end as status,
    deals.mql_id as converted_opportunity_id,
from leads
cross join constants
left join deals on leads.mql_id = deals.mql_id
left join channels on leads.origin = channels.origin
