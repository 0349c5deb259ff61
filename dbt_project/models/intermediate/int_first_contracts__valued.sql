-- What a company's first paid contract was worth up to as_of (A18): booking net of the refunds of
-- refund_days after signing, cash of the contract, and the margin on the company's cash in the
-- twelve months from signing (the historic LTV of H09 over twelve months).
with

contracts as (

    select * from {{ ref('fct_contract') }}
    where is_first_paid and signed_date <= {{ param('as_of') }}

),

cash as (

    select * from {{ ref('fct_cash') }}
    where cash_date <= {{ param('as_of') }}

),

contract_cash as (

    select
        contracts.contract_id,
        sum(cash.amount) as cash_amount,
        sum(
            case
                when
                    cash.kind = 'refund'
                    and cash.cash_date <= contracts.signed_date + {{ var('refund_days') }}
                    then cash.amount
                else 0
            end
        ) as refund_amount
    from contracts
    inner join cash
        on contracts.contract_id = cash.contract_id
    group by all

),

company_cash as (

    select
        contracts.contract_id,
        sum(cash.amount) as cash_12m
    from contracts
    inner join cash
        on
            contracts.company_id = cash.company_id
            and cash.cash_date >= contracts.signed_date
            and cash.cash_date < contracts.signed_date + interval '12 months'
    group by all

),

final as (

    select
        contracts.contract_id,
        contracts.company_id,
        cast(contracts.amount + coalesce(contract_cash.refund_amount, 0) as decimal(18, 2))
            as net_revenue,
        cast(coalesce(contract_cash.cash_amount, 0) as decimal(18, 2)) as cash,
        cast(
            coalesce(company_cash.cash_12m, 0)
            * cast({{ var('gross_margin_default') }} as decimal(6, 4)) as decimal(18, 2)
        ) as ltv12,
        cast(contracts.acv as decimal(18, 2)) as acv
    from contracts
    left join contract_cash
        on contracts.contract_id = contract_cash.contract_id
    left join company_cash
        on contracts.contract_id = company_cash.contract_id

)

select * from final
