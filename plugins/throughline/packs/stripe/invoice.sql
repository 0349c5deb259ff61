-- Amounts come in minor units: hundredths, but for the currencies of minor_units.csv.
select
    invoices._file,
    invoices._row,
    record->>'id' as invoice_id,
    coalesce(
        record->>'subscription',
        record->>'$.parent.subscription_details.subscription',
        record->>'customer'
    ) as contract_id,
    cast(record->>'total' as decimal(18, 0))
        * cast(coalesce(minor_units.factor, '0.01') as decimal(4, 3)) as amount,
    upper(record->>'currency') as currency,
    to_timestamp(
        cast(
            coalesce(record->>'$.status_transitions.finalized_at', record->>'created') as bigint
        )
    ) as issued_at,
    to_timestamp(cast(record->>'due_date' as bigint)) as due_at,
    record->>'status' as status,
    to_timestamp(cast(record->>'created' as bigint)) as created_at,
    (record->>'status') = 'void' as is_deleted,
    (record->>'livemode') = 'false' as is_test,
from invoices
left join minor_units on minor_units.currency = (invoices.record->>'currency')
where (record->>'status') <> 'draft'
