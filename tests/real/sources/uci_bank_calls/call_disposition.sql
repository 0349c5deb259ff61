-- One write-up per contact; `y` says whether the client subscribed to a deposit.
select
    _file,
    _row,
    md5(concat_ws(
        '|', age, job, marital, education, "default", balance, housing, loan, contact, day, month,
        duration, campaign, pdays, previous, poutcome, y
    )) as call_id,
    duration <> '0' as reached_person,
    case y when 'yes' then 'A' when 'no' then 'D' end as intent,
from contacts
