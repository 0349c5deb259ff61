-- A merged lead is deleted in favour of another; it stays here, so that its trace leads there.
with found as (
    select
        lead.*,
        case
            when not cast(lead.is_converted as boolean)
                then coalesce(statuses.status, cast(lead.status as varchar))
            when lead.converted_opportunity_id is null then 'valid'
            else 'converted'
        end as our_status
    from lead
    left join statuses on statuses.given = lead.status
)

select
    _file,
    _row,
    id as lead_id,
    created_date as created_at,
    'salesforce' as source_system,
    lead_source as channel_raw,
    name,
    coalesce(cast(phone as varchar), cast(mobile_phone as varchar)) as phone,
    email,
    company as company_name,
    title,
    industry,
    number_of_employees as headcount_raw,
    city,
    owner_id,
    our_status as status,
    case when our_status = 'invalid' then 'other' end as invalid_reason,
    master_record_id as merged_into_id,
    converted_opportunity_id,
    last_modified_date as updated_at,
    coalesce(cast(is_deleted as boolean), false) and master_record_id is null as is_deleted,
from found
