-- A trial is a one-off item at price zero.
with

dated as (
    select
        subscriptions.*,
        cast(try_strptime(start_date, '%d-%m-%Y') as date) as first_day,
        cast(try_strptime(end_date, '%d-%m-%Y') as date) as ended_on,
        case billing_frequency when 'annual' then 12 when 'monthly' then 1 end as term_months,
        try_cast(
            case billing_frequency when 'annual' then arr_amount else mrr_amount end
            as decimal(18, 4)
        ) as price,
    from subscriptions
)

select
    dated._file,
    dated._row,
    dated.subscription_id as item_id,
    dated.subscription_id as contract_id,
    constants.line as business_line,
    dated.plan_tier as plan,
    dated.seats,
    dated.price / nullif(try_cast(dated.seats as integer), 0) as unit_price,
    constants.currency,
    dated.is_trial = 'FALSE' as recurring,
    case dated.term_months when 12 then 'year' when 1 then 'month' end as period,
    dated.first_day as start,
    coalesce(
        dated.ended_on,
        cast(dated.first_day + to_months(dated.term_months) - to_days(1) as date)
    ) as end,
    case when dated.churn_flag = 'TRUE' then dated.ended_on end as canceled_at,
    case when dated.churn_flag = 'TRUE' then dated.ended_on end as service_end,
from dated
cross join constants
