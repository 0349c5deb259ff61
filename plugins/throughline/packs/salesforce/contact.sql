select
    _file,
    _row,
    record->>'Id' as contact_id,
    record->>'AccountId' as account_id,
    record->>'Name' as name,
    coalesce(record->>'Phone', record->>'MobilePhone') as phone,
    record->>'Email' as email,
    record->>'Title' as title,
    record->>'MasterRecordId' as merged_into_id,
    record->>'CreatedDate' as created_at,
    record->>'SystemModstamp' as updated_at,
    (record->>'IsDeleted') = 'true' and (record->>'MasterRecordId') is null as is_deleted,
from contacts
