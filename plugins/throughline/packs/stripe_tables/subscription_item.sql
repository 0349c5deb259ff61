-- Items of subscriptions that began to pay; see the same mapping of the pack for Stripe's API.
with subscribed as (
    select
        cast(id as varchar) as id,
        cast(start_date as timestamp) as started_at,
        cast(trial_end as timestamp) as trial_end,
        coalesce(cast(ended_at as timestamp), cast(cancel_at as timestamp)) as stops_at,
        cast(canceled_at as timestamp) as canceled_at,
        cast(current_period_end as timestamp) as period_end,
        cast(livemode as boolean) as livemode,
        status
    from subscription_history
    where cast(_fivetran_active as boolean)
),

items as (
    select
        item._file,
        item._row,
        item.id as item_id,
        item.subscription_id,
        item.quantity,
        cast(item.created as timestamp) as created_at,
        coalesce(cast(item.current_period_end as timestamp), subscribed.period_end) as period_end,
        coalesce(subscribed.started_at, cast(item.created as timestamp)) as started_at,
        subscribed.trial_end,
        subscribed.stops_at,
        subscribed.canceled_at,
        subscribed.livemode,
        subscribed.status,
        coalesce(cast(plan.nickname as varchar), cast(plan.id as varchar)) as plan,
        cast(plan.amount as decimal(24, 12))
            * cast(coalesce(minor_units.factor, '0.01') as decimal(4, 3)) as price,
        plan.currency,
        plan.interval as step,
        coalesce(cast(plan.interval_count as bigint), 1) as steps
    from subscription_item as item
    left join subscribed on subscribed.id = cast(item.subscription_id as varchar)
    left join plan on cast(plan.id as varchar) = cast(item.plan_id as varchar)
    left join minor_units on minor_units.currency = plan.currency
)

select
    items._file,
    items._row,
    items.item_id,
    items.subscription_id as contract_id,
    constants.business_line,
    items.plan,
    coalesce(cast(items.quantity as bigint), 0) as seats,
    items.price
        * case items.step when 'week' then 52.0 / 12 when 'day' then 365.0 / 12 else 1 end
        / items.steps as unit_price,
    upper(items.currency) as currency,
    true as recurring,
    case when items.step = 'year' then 'year' else 'month' end as period,
    cast(greatest(items.started_at, items.trial_end) as date) as start,
    cast(items.period_end - interval 1 second as date) as "end",
    items.canceled_at,
    cast(items.stops_at - interval 1 second as date) as service_end,
    items.created_at,
    not items.livemode as is_test,
from items
cross join constants
where
    (items.status is null or items.status not in ('incomplete', 'incomplete_expired', 'trialing'))
    and (items.stops_at is null or items.trial_end is null or items.stops_at > items.trial_end)
