select
    _file,
    _row,
    refund_id,
    payment_id,
    contract_id,
    amount,
    currency,
    refunded_at,
    created_at,
    updated_at,
    is_deleted,
    is_test,
from refunds
