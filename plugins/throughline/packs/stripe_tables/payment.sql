-- A charge that failed, or only holds money, is no payment.
with bills as (
    select cast(id as varchar) as id, cast(subscription_id as varchar) as subscription_id
    from invoice
)

select
    charge._file,
    charge._row,
    charge.id as payment_id,
    charge.invoice_id,
    coalesce(
        bills.subscription_id, cast(charge.customer_id as varchar), cast(charge.id as varchar)
    ) as contract_id,
    cast(charge.amount as decimal(18, 0))
        * cast(coalesce(minor_units.factor, '0.01') as decimal(4, 3)) as amount,
    upper(charge.currency) as currency,
    charge.created as paid_at,
    charge.created as created_at,
    not cast(charge.livemode as boolean) as is_test,
from charge
left join bills on bills.id = cast(charge.invoice_id as varchar)
left join minor_units on minor_units.currency = charge.currency
where charge.status = 'succeeded' and cast(charge.captured as boolean)
