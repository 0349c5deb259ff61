select
    _file,
    _row,
    id as contact_id,
    concat_ws(' ', nullif(property_firstname, ''), nullif(property_lastname, '')) as name,
    property_email as email,
    property_jobtitle as title,
    property_createdate as created_at,
    _fivetran_synced as updated_at,
    _fivetran_deleted as is_deleted,
from contact
