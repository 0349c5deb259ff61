-- Account and tenant are the same thing in these files, so the tenant bears the account's id.
select
    _file,
    _row,
    account_id as company_id,
    account_name as name,
    account_id,
    industry as industry_l1,
    try_strptime(signup_date, '%d-%m-%Y') as created_at,
    try_strptime(signup_date, '%d-%m-%Y') as opened_at,
    case when is_trial = 'TRUE' then try_strptime(signup_date, '%d-%m-%Y') end as trial_started_at,
from accounts
