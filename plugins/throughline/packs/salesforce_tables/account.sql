select
    _file,
    _row,
    id as account_id,
    name,
    regexp_extract(
        lower(cast(website as varchar)), '^(?:https?://)?(?:www[.])?([^/?#:]+)', 1
    ) as domain,
    industry as industry_l1,
    number_of_employees as employee_count,
    billing_city as city,
    owner_id,
    parent_id,
    master_record_id as merged_into_id,
    _fivetran_synced as updated_at,
    coalesce(cast(is_deleted as boolean), false) and master_record_id is null as is_deleted,
from account
