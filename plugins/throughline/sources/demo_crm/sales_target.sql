select
    _file,
    _row,
    owner_id,
    month,
    product,
    target,
    currency,
    created_at,
    updated_at,
    is_deleted,
    is_test,
from sales_targets
