with

contracts as (

    select
        *,
        {{ business_date('cancelled_at') }} as cancelled_date,
        cast({{ days_between('start_date', 'end_date') }} + 1 as double) / 365.25 * 12 as exact_months,
    from {{ ref('stg_contract') }}

),

items as (

    select
        contract_id,
        recurring,
        {{ period_price('items') }}
        / case period when 'year' then 12 else 1 end
        * case when recurring then greatest(1, round(({{ days_between('start_date', 'end_date') }} + 1) / 365.25 * 12))
            else case period when 'year' then 12 else 1 end
        end as item_value,
    from {{ ref('stg_subscription_item') }} as items

),

accounts as (

    select * from {{ ref('int_accounts__surviving') }}

),

companies as (

    select * from {{ ref('map_company') }}
    where id_type = 'account_id'

),

cash as (

    select * from {{ ref('fct_cash') }}
    where kind = 'refund'

),

-- Share of the contract that recurs, by the value of its items; without items all of it.
shares as (

    select
        contract_id,
        {{ safe_div(
            'sum(case when recurring then cast(item_value as decimal(18, 2)) else 0 end)',
            'sum(cast(item_value as decimal(18, 2)))'
        ) }} as recurring_share,
    from items
    group by contract_id

),

refunds as (

    select
        contracts.contract_id,
        sum(cash.amount) as amount,
    from contracts
    inner join cash
        on
            contracts.contract_id = cash.contract_id
            and cash.cash_date <= contracts.signed_date + {{ var('refund_days') }}
    group by contracts.contract_id

),

priced as (

    select
        contracts.*,
        coalesce(accounts.survivor_id, contracts.account_id) as account_ref,
        companies.company_id,
        {{ to_reporting('contracts.amount', 'contracts.currency', 'contracts.signed_date') }}
            as reporting_amount,
        {{ to_reporting('contracts.list_amount', 'contracts.currency', 'contracts.signed_date') }}
            as reporting_list_amount,
        -- F06: whole months where the term is within three days of them
        case
            when
                abs(exact_months - round(exact_months)) * 365.25 / 12 <= 3
                and round(exact_months) >= 1
                then round(exact_months)
            else exact_months
        end as months,
        -- spec entities: kind is not amend, an amount, not cancelled within a week; cash plays no part
        contracts.kind <> 'amend'
        and contracts.amount > 0
        and (
            contracts.cancelled_date is null
            or contracts.cancelled_date > contracts.signed_date + 7
        ) as is_paid,
    from contracts
    left join accounts
        on contracts.account_id = accounts.id_value
    left join companies
        on contracts.account_id = companies.id_value

),

final as (

    select
        priced.contract_id,
        priced.company_id,
        priced.account_ref as account_id,
        priced.kind,
        priced.signed_date,
        priced.start_date,
        priced.end_date,
        priced.reporting_amount as amount,
        cast(priced.amount as decimal(18, 2)) as native_amount,
        priced.currency,
        priced.reporting_list_amount as list_amount,
        cast(
            cast(priced.reporting_amount as double)
            * coalesce(shares.recurring_share, 1) / priced.months * 12 as decimal(18, 2)
        ) as acv,
        priced.months as term_months,
        priced.renewed_from,
        priced.amends_contract_id,
        priced.cancelled_at,
        priced.cancelled_date,
        priced.is_paid,
        priced.is_paid
        and row_number() over (
            partition by coalesce(priced.company_id, priced.account_ref), priced.is_paid
            order by priced.signed_date, priced.contract_id
        ) = 1 as is_first_paid,
        priced.owner_id,
        priced.opportunity_id,
        cast(priced.reporting_amount + coalesce(refunds.amount, 0) as decimal(18, 2))
            as net_amount_refunded_90d,
    from priced
    left join shares
        on priced.contract_id = shares.contract_id
    left join refunds
        on priced.contract_id = refunds.contract_id

)

select * from final
