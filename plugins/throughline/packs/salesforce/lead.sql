-- A merged lead is deleted in favour of another; it stays here, so that its trace leads there.
with found as (
    select
        leads._file,
        leads._row,
        record,
        case
            when (record->>'IsConverted') = 'false'
                then coalesce(statuses.status, record->>'Status')
            when (record->>'ConvertedOpportunityId') is null then 'valid'
            else 'converted'
        end as status
    from leads
    left join statuses on statuses.given = (leads.record->>'Status')
)

select
    _file,
    _row,
    record->>'Id' as lead_id,
    record->>'CreatedDate' as created_at,
    'salesforce' as source_system,
    record->>'LeadSource' as channel_raw,
    record->>'Name' as name,
    coalesce(record->>'Phone', record->>'MobilePhone') as phone,
    record->>'Email' as email,
    record->>'Company' as company_name,
    record->>'Title' as title,
    record->>'Industry' as industry,
    record->>'NumberOfEmployees' as headcount_raw,
    record->>'City' as city,
    record->>'OwnerId' as owner_id,
    status,
    case when status = 'invalid' then 'other' end as invalid_reason,
    record->>'MasterRecordId' as merged_into_id,
    record->>'ConvertedOpportunityId' as converted_opportunity_id,
    record->>'SystemModstamp' as updated_at,
    (record->>'IsDeleted') = 'true' and (record->>'MasterRecordId') is null as is_deleted,
from found
