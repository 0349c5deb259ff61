-- Trials are no contracts.
with

dated as (
    select
        subscriptions.*,
        cast(try_strptime(start_date, '%d-%m-%Y') as date) as first_day,
        cast(try_strptime(end_date, '%d-%m-%Y') as date) as ended_on,
        case billing_frequency when 'annual' then 12 when 'monthly' then 1 end as term_months,
    from subscriptions
    where is_trial = 'FALSE'
)

select
    dated._file,
    dated._row,
    dated.subscription_id as contract_id,
    dated.account_id,
    'new' as kind,
    dated.first_day as signed_date,
    dated.first_day as start_date,
    coalesce(
        dated.ended_on,
        cast(dated.first_day + to_months(dated.term_months) - to_days(1) as date)
    ) as end_date,
    case billing_frequency when 'annual' then dated.arr_amount else dated.mrr_amount end as amount,
    constants.currency,
from dated
cross join constants
