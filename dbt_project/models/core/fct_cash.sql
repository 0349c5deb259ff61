with

payments as (

    select * from {{ ref('stg_payment') }}

),

refunds as (

    select * from {{ ref('stg_refund') }}

),

contracts as (

    select * from {{ ref('stg_contract') }}

),

companies as (

    select * from {{ ref('map_company') }}
    where id_type = 'account_id'

),

lines as (

    select
        payment_id as cash_id,
        'payment' as kind,
        contract_id,
        paid_at as cash_at,
        amount as native_amount,
        currency,
    from payments

    union all

    select
        refund_id as cash_id,
        'refund' as kind,
        contract_id,
        refunded_at as cash_at,
        -amount as native_amount,
        currency,
    from refunds

),

dated as (

    select
        *,
        {{ business_date('cash_at') }} as cash_date,
    from lines

),

final as (

    select
        dated.cash_id,
        dated.kind,
        dated.contract_id,
        companies.company_id,
        dated.cash_at,
        dated.cash_date,
        {{ to_reporting('dated.native_amount', 'dated.currency', 'dated.cash_date') }} as amount,
        cast(dated.native_amount as decimal(18, 2)) as native_amount,
        dated.currency,
    from dated
    left join contracts
        on dated.contract_id = contracts.contract_id
    left join companies
        on contracts.account_id = companies.id_value

)

select * from final
