select
    _file,
    _row,
    lead_id,
    changed_at,
    status,
    changed_by as "by",
    created_at,
    updated_at,
    is_deleted,
    is_test,
from lead_status_history
