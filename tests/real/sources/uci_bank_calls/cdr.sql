-- The file has no call id; the content of a row is one, because no two rows are equal.
with

contacts_dated as (
    select
        contacts.*,
        try_strptime(
            concat_ws(' ', contacts.day, contacts.month, constants.year), '%d %b %Y'
        ) as start_at,
        try_cast(contacts.duration as integer) as seconds,
    from contacts
    cross join constants
)

select
    _file,
    _row,
    md5(concat_ws(
        '|', age, job, marital, education, "default", balance, housing, loan, contact, day, month,
        duration, campaign, pdays, previous, poutcome, y
    )) as call_id,
    'out' as direction,
    'out' as line,
    start_at,
    case when seconds > 0 then start_at end as answer_at,
    start_at + to_seconds(seconds) as end_at,
    case when seconds > 0 then seconds end as talk_seconds,
    case when seconds > 0 then 'answered' else 'no_answer' end as outcome,
    case campaign when '1' then 'first_callback' when '2' then 'second_callback' end as campaign,
from contacts_dated
