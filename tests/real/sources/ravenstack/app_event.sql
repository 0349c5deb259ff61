-- Usage ids repeat for different usage, so the id is taken of the whole row. The files know the
-- day of a usage and no person: the account stands for who used, midnight for when.
select
    usage._file,
    usage._row,
    md5(concat_ws(
        '|', usage.usage_id, usage.subscription_id, usage.usage_date, usage.feature_name
    )) as event_id,
    'track' as type,
    usage.feature_name as event,
    subscriptions.account_id as distinct_id,
    try_strptime(usage.usage_date, '%d-%m-%Y') as event_time,
    try_strptime(usage.usage_date, '%d-%m-%Y') as received_at,
    subscriptions.account_id as company_id,
    usage.usage_duration_secs as event_duration,
from usage
left join subscriptions on usage.subscription_id = subscriptions.subscription_id
