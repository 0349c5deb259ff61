-- Refunds that failed, were cancelled or are under way have paid nothing out. A charge that is no
-- longer kept stands for its contract itself.
with bills as (
    select cast(id as varchar) as id, cast(subscription_id as varchar) as subscription_id
    from invoice
),

paid as (
    select
        cast(charge.id as varchar) as id,
        coalesce(bills.subscription_id, cast(charge.customer_id as varchar)) as contract_id,
        not cast(charge.livemode as boolean) as is_test
    from charge
    left join bills on bills.id = cast(charge.invoice_id as varchar)
)

select
    refund._file,
    refund._row,
    refund.id as refund_id,
    refund.charge_id as payment_id,
    coalesce(paid.contract_id, cast(refund.charge_id as varchar)) as contract_id,
    cast(refund.amount as decimal(18, 0))
        * cast(coalesce(minor_units.factor, '0.01') as decimal(4, 3)) as amount,
    upper(refund.currency) as currency,
    refund.created as refunded_at,
    refund.created as created_at,
    paid.is_test,
from refund
left join paid on paid.id = cast(refund.charge_id as varchar)
left join minor_units on minor_units.currency = refund.currency
where refund.status = 'succeeded'
