select
    _file,
    _row,
    date,
    currency,
    base_currency,
    rate,
    created_at,
    updated_at,
    is_deleted,
    is_test,
from fx_rates
