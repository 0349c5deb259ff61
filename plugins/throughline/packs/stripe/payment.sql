-- A charge that failed, or only holds money, is no payment.
with bills as (
    select
        record->>'id' as id,
        coalesce(
            record->>'subscription', record->>'$.parent.subscription_details.subscription'
        ) as subscription_id
    from invoices
)

select
    charges._file,
    charges._row,
    record->>'id' as payment_id,
    record->>'invoice' as invoice_id,
    coalesce(bills.subscription_id, record->>'customer', record->>'id') as contract_id,
    cast(record->>'amount_captured' as decimal(18, 0))
        * cast(coalesce(minor_units.factor, '0.01') as decimal(4, 3)) as amount,
    upper(record->>'currency') as currency,
    to_timestamp(cast(record->>'created' as bigint)) as paid_at,
    record->>'$.payment_method_details.type' as method,
    to_timestamp(cast(record->>'created' as bigint)) as created_at,
    (record->>'livemode') = 'false' as is_test,
from charges
left join bills on bills.id = (charges.record->>'invoice')
left join minor_units on minor_units.currency = (charges.record->>'currency')
where (record->>'status') = 'succeeded' and (record->>'captured') = 'true'
