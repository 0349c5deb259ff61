with people as (
    select
        _file,
        _row,
        record->>'id' as id,
        record->'properties' as given,
        record->>'$.associations.deals.results[0].id' as deal_id,
        record->>'createdAt' as created_at,
        record->>'updatedAt' as updated_at,
        record->>'archived' as is_deleted,
        lower(record->>'$.properties.lifecyclestage') as step,
        upper(record->>'$.properties.hs_lead_status') as said
    from contacts
)

select
    _file,
    _row,
    id as lead_id,
    created_at,
    'hubspot' as source_system,
    given->>'hs_analytics_source' as channel_raw,
    given->>'utm_source' as utm_source,
    given->>'utm_medium' as utm_medium,
    given->>'utm_campaign' as utm_campaign,
    concat_ws(' ', nullif(given->>'firstname', ''), nullif(given->>'lastname', '')) as name,
    coalesce(nullif(given->>'phone', ''), given->>'mobilephone') as phone,
    given->>'email' as email,
    given->>'company' as company_name,
    given->>'jobtitle' as title,
    given->>'industry' as industry,
    given->>'numemployees' as headcount_raw,
    given->>'city' as city,
    given->>'hubspot_owner_id' as owner_id,
    case
        when deal_id is not null then 'converted'
        when said = 'UNQUALIFIED' then 'invalid'
        when said = 'BAD_TIMING' then 'recycled'
        when said in ('CONNECTED', 'OPEN_DEAL') then 'valid'
        when step in ('salesqualifiedlead', 'opportunity', 'customer') then 'valid'
        when said in ('OPEN', 'IN_PROGRESS', 'ATTEMPTED_TO_CONTACT') then 'working'
        else 'new'
    end as status,
    case when deal_id is null and said = 'UNQUALIFIED' then 'other' end as invalid_reason,
    deal_id as converted_opportunity_id,
    updated_at,
    is_deleted,
from people
where step is null or step not in ('subscriber', 'evangelist', 'other')
