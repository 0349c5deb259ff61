-- Amounts come in minor units: hundredths, but for the currencies of minor_units.csv. Not every
-- installation keeps when an invoice was made and finalised; where none is kept, it is issued at
-- the end of the period it bills.
with given as (
    select *, to_json(invoice) as record
    from invoice
)

select
    given._file,
    given._row,
    given.id as invoice_id,
    coalesce(
        cast(given.subscription_id as varchar), cast(given.customer_id as varchar)
    ) as contract_id,
    cast(given.total as decimal(18, 0))
        * cast(coalesce(minor_units.factor, '0.01') as decimal(4, 3)) as amount,
    upper(given.currency) as currency,
    coalesce(
        given.record->>'status_transitions_finalized_at',
        given.record->>'created',
        given.record->>'period_end'
    ) as issued_at,
    given.record->>'due_date' as due_at,
    given.status,
    coalesce(cast(given.is_deleted as boolean), false) or given.status = 'void' as is_deleted,
    not cast(given.livemode as boolean) as is_test,
from given
left join minor_units on minor_units.currency = given.currency
where given.status <> 'draft'
