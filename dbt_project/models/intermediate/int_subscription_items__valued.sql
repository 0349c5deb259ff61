-- One row per subscription item, with its value in the reporting currency.
-- value = seats x unit_price x periods: the periods of `period` in the contracted term of a
-- recurring item (term in months by the rule of F06), one for a one-off item.
with

items as (

    select * from {{ ref('stg_subscription_item') }}

),

contracts as (

    select contract_id, company_id, signed_date from {{ ref('fct_contract') }}

),

terms as (

    select
        items.item_id,
        items.contract_id,
        contracts.company_id,
        items.business_line,
        items.recurring,
        items.currency,
        items.seats,
        contracts.signed_date,
        items.start_date,
        items.end_date,
        least(items.end_date, coalesce(
            items.service_end, {{ business_date('items.canceled_at') }}, items.end_date
        )) as last_service_date,
        {{ days_between('items.start_date', 'items.end_date') }} + 1 as term_days,
        {{ period_price('items') }} as period_price,
        case items.period when 'year' then 12 else 1 end as period_months,
        round(({{ days_between('items.start_date', 'items.end_date') }} + 1) * 12 / 365.25) as whole_months,
    from items
    inner join contracts on items.contract_id = contracts.contract_id

),

valued as (

    select
        *,
        case
            when not recurring then 1
            when abs(term_days - whole_months * 365.25 / 12) <= 3 and whole_months > 0
                then whole_months / period_months
            else term_days * 12 / 365.25 / period_months
        end as periods,
    from terms

),

final as (

    select
        valued.item_id,
        valued.contract_id,
        valued.company_id,
        valued.business_line,
        valued.recurring,
        valued.seats,
        valued.start_date,
        valued.end_date,
        valued.last_service_date,
        valued.term_days,
        {{ to_reporting('cast(valued.period_price as double) * valued.periods', 'valued.currency', 'valued.signed_date') }} as value,
    from valued

)

select * from final
