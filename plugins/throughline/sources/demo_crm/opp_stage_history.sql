select
    _file,
    _row,
    opportunity_id,
    entered_at,
    stage,
    exited_at,
    moved_by as "by",
    created_at,
    updated_at,
    is_deleted,
    is_test,
from opportunity_stages
