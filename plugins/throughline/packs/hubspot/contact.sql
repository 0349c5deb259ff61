select
    _file,
    _row,
    record->>'id' as contact_id,
    record->>'$.associations.companies.results[0].id' as account_id,
    concat_ws(
        ' ',
        nullif(record->>'$.properties.firstname', ''),
        nullif(record->>'$.properties.lastname', '')
    ) as name,
    coalesce(
        nullif(record->>'$.properties.phone', ''), record->>'$.properties.mobilephone'
    ) as phone,
    record->>'$.properties.email' as email,
    record->>'$.properties.jobtitle' as title,
    record->>'$.properties.hs_buying_role' as role,
    record->>'createdAt' as created_at,
    record->>'updatedAt' as updated_at,
    record->>'archived' as is_deleted,
from contacts
