select
    _file,
    _row,
    id as account_id,
    property_name as name,
    property_industry as industry_l1,
    property_city as city,
    property_createdate as created_at,
    _fivetran_synced as updated_at,
    is_deleted,
from company
