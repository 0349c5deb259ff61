-- Items of subscriptions that began to pay. Their end moves on with each period; a cancellation
-- ends the service on the last day paid for. What is billed by the week or the day is a month's
-- price: 52 weeks or 365 days in twelve months.
with subscribed as (
    select
        _file,
        _row,
        record,
        to_timestamp(cast(record->>'start_date' as bigint)) as started_at,
        to_timestamp(cast(record->>'trial_end' as bigint)) as trial_end,
        to_timestamp(
            cast(coalesce(record->>'ended_at', record->>'cancel_at') as bigint)
        ) as stops_at,
        to_timestamp(cast(record->>'canceled_at' as bigint)) as canceled_at,
        to_timestamp(cast(record->>'created' as bigint)) as created_at,
        case
            when (record->>'$.discount.coupon.duration') = 'forever'
                then coalesce(cast(record->>'$.discount.coupon.percent_off' as decimal(6, 3)), 0)
            else 0
        end as percent_off
    from subscriptions
    where (record->>'status') not in ('incomplete', 'incomplete_expired', 'trialing')
),

listed as (
    select *, unnest(from_json(record->'$.items.data', '["JSON"]')) as item
    from subscribed
    where stops_at is null or trial_end is null or stops_at > trial_end

    union all by name

    select *, json_object('subscription', record->>'id') as item
    from subscribed
    where (record->>'$.items.has_more') = 'true'
),

items as (
    select
        listed.*,
        item->>'$.price.recurring.interval' as step,
        coalesce(cast(item->>'$.price.recurring.interval_count' as integer), 1) as steps,
        cast(
            coalesce(item->>'$.price.unit_amount_decimal', item->>'$.price.unit_amount')
            as decimal(24, 12)
        ) * cast(coalesce(minor_units.factor, '0.01') as decimal(4, 3)) as price,
        to_timestamp(
            cast(
                coalesce(item->>'current_period_end', record->>'current_period_end') as bigint
            )
        ) as period_end
    from listed
    left join minor_units on minor_units.currency = (listed.item->>'$.price.currency')
)

select
    items._file,
    items._row,
    item->>'id' as item_id,
    record->>'id' as contract_id,
    constants.business_line,
    coalesce(item->>'$.price.nickname', item->>'$.price.id') as plan,
    coalesce(item->>'quantity', '0') as seats,
    items.price
        * case items.step when 'week' then 52.0 / 12 when 'day' then 365.0 / 12 else 1 end
        / items.steps * (100 - items.percent_off) / 100 as unit_price,
    upper(item->>'$.price.currency') as currency,
    true as recurring,
    case when items.step = 'year' then 'year' else 'month' end as period,
    cast(greatest(items.started_at, items.trial_end) as date) as start,
    cast(items.period_end - interval 1 second as date) as "end",
    items.canceled_at,
    cast(items.stops_at - interval 1 second as date) as service_end,
    items.created_at,
    (record->>'livemode') = 'false' as is_test,
from items
cross join constants
