select
    _file,
    _row,
    id as contact_id,
    account_id,
    name,
    coalesce(cast(phone as varchar), cast(mobile_phone as varchar)) as phone,
    email,
    title,
    master_record_id as merged_into_id,
    created_date as created_at,
    last_modified_date as updated_at,
    coalesce(cast(is_deleted as boolean), false) and master_record_id is null as is_deleted,
from contact
