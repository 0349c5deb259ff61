-- Refunds that failed, were cancelled or are under way have paid nothing out.
with bills as (
    select
        record->>'id' as id,
        coalesce(
            record->>'subscription', record->>'$.parent.subscription_details.subscription'
        ) as subscription_id
    from invoices
),

paid as (
    select
        charges.record->>'id' as id,
        coalesce(
            bills.subscription_id, charges.record->>'customer', charges.record->>'id'
        ) as contract_id,
        (charges.record->>'livemode') = 'false' as is_test
    from charges
    left join bills on bills.id = (charges.record->>'invoice')
)

select
    refunds._file,
    refunds._row,
    record->>'id' as refund_id,
    record->>'charge' as payment_id,
    paid.contract_id,
    cast(record->>'amount' as decimal(18, 0))
        * cast(coalesce(minor_units.factor, '0.01') as decimal(4, 3)) as amount,
    upper(record->>'currency') as currency,
    to_timestamp(cast(record->>'created' as bigint)) as refunded_at,
    to_timestamp(cast(record->>'created' as bigint)) as created_at,
    paid.is_test,
from refunds
left join paid on paid.id = (refunds.record->>'charge')
left join minor_units on minor_units.currency = (refunds.record->>'currency')
where (record->>'status') = 'succeeded'
