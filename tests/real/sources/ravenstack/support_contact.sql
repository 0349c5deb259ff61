select
    _file,
    _row,
    ticket_id as case_id,
    'ticket' as channel,
    account_id,
    try_strptime(submitted_at, '%d-%m-%Y') as opened_at,
    try_strptime(closed_at, '%d-%m-%Y %H:%M') as closed_at,
    priority as category,
    escalation_flag as is_complaint,
    satisfaction_score as csat,
from tickets
