with

items as (

    select
        *,
        -- the last day of service: a cancellation ends it on its service_end, else on its own day
        least(end_date, coalesce(service_end, {{ business_date('canceled_at') }}, end_date))
            as last_date,
    from {{ ref('stg_subscription_item') }}
    where recurring

),

contracts as (

    select * from {{ ref('stg_contract') }}

),

companies as (

    select * from {{ ref('map_company') }}
    where id_type = 'account_id'

),

days as (

    select * from {{ ref('dim_date') }}

),

month_ends as (

    select
        month_start as month,
        max(date) as last_day,
    from days
    group by month_start

),

priced as (

    select
        items.item_id,
        companies.company_id,
        items.business_line,
        items.seats,
        items.start_date,
        items.last_date,
        cast(
            {{ period_price('items') }}
            * {{ fx_rate('items.currency', 'coalesce(contracts.signed_date, items.start_date)') }}
            / case items.period when 'year' then 12 else 1 end as decimal(18, 4)
        ) as mrr,
    from items
    inner join contracts
        on items.contract_id = contracts.contract_id
    inner join companies
        on contracts.account_id = companies.id_value

),

final as (

    select
        priced.company_id,
        priced.business_line,
        month_ends.month,
        cast(sum(priced.mrr) as decimal(18, 4)) as mrr,
        cast(sum(priced.seats) as bigint) as seats,
    from priced
    inner join month_ends
        on month_ends.last_day between priced.start_date and priced.last_date
    where month_ends.month <= {{ param('as_of') }}
    group by priced.company_id, priced.business_line, month_ends.month

)

select * from final
