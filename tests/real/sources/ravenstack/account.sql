select
    _file,
    _row,
    account_id,
    account_name as name,
    industry as industry_l1,
    try_strptime(signup_date, '%d-%m-%Y') as created_at,
from accounts
