select
    _file,
    _row,
    record->>'id' as account_id,
    coalesce(
        nullif(record->>'$.properties.name', ''), record->>'$.properties.domain'
    ) as name,
    record->>'$.properties.domain' as domain,
    record->>'$.properties.industry' as industry_l1,
    record->>'$.properties.numberofemployees' as employee_count,
    record->>'$.properties.city' as city,
    record->>'$.properties.hubspot_owner_id' as owner_id,
    record->>'$.properties.hs_parent_company_id' as parent_id,
    record->>'createdAt' as created_at,
    record->>'updatedAt' as updated_at,
    record->>'archived' as is_deleted,
from companies
