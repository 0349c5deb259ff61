with

contracts as (

    select
        *,
        case when cancelled_date <= {{ param('as_of') }} then cancelled_date end
            as known_cancelled_date,
        coalesce(owner_id, '(none)') as seller_id,
    from {{ ref('fct_contract') }}
    where signed_date <= {{ param('as_of') }}

),

contract_lines as (

    select * from {{ ref('int_contracts__split') }}

),

cash as (

    select * from {{ ref('fct_cash') }} where cash_date <= {{ param('as_of') }}

),

targets as (

    select * from {{ ref('int_sales_targets__converted') }}

),

opportunities as (

    select
        *,
        {{ business_date('created_at') }} as opened_date,
        accepted_at < {{ param('as_of_end') }} as is_accepted,
        case when closed_at < {{ param('as_of_end') }}
            then {{ business_date('closed_at') }}
        end as known_closed_date,
        coalesce(owner_id, '(none)') as seller_id,
    from {{ ref('fct_opportunity') }}
    where created_at < {{ param('as_of_end') }}

),

leads as (

    select lead_id, created_date from {{ ref('fct_lead') }}

),

calls as (

    select * from {{ ref('fct_call') }}
    where direction = 'out' and call_date <= {{ param('as_of') }}

),

employees as (

    select * from {{ ref('dim_employee') }}

),

-- every fact once for its business line and once for the product ALL
contract_parts as (

    select contract_id, 'ALL' as product, amount, list_amount, acv,
    from contracts
    union all
    select
        contract_lines.contract_id,
        contract_lines.business_line,
        contract_lines.amount,
        contract_lines.list_amount,
        contract_lines.acv,
    from contract_lines
    inner join contracts on contract_lines.contract_id = contracts.contract_id

),

signatures as (

    select
        date_trunc('month', contracts.signed_date)::date as month,
        contracts.seller_id,
        contracts.kind,
        contract_parts.product,
        contract_parts.amount,
        contract_parts.list_amount,
        contract_parts.acv,
    from contracts
    inner join contract_parts on contracts.contract_id = contract_parts.contract_id
    -- cancelled within seven days: reversed in the original period, as if never signed (F01)
    where coalesce(contracts.known_cancelled_date > contracts.signed_date + 7, true)

),

cancellations as (

    select
        date_trunc('month', contracts.known_cancelled_date)::date as month,
        contracts.seller_id,
        contract_parts.product,
        contract_parts.amount,
    from contracts
    inner join contract_parts on contracts.contract_id = contract_parts.contract_id
    where contracts.known_cancelled_date > contracts.signed_date + 7

),

cash_parts as (

    select
        date_trunc('month', cash.cash_date)::date as month,
        coalesce(contracts.seller_id, '(none)') as seller_id,
        'ALL' as product,
        cash.amount,
    from cash
    left join contracts on cash.contract_id = contracts.contract_id
    union all
    select
        date_trunc('month', cash.cash_date)::date,
        coalesce(contracts.seller_id, '(none)'),
        coalesce(contract_lines.business_line, '(none)'),
        cast(cash.amount * coalesce(contract_lines.share_until, 1.0) as decimal(18, 2))
        - cast(cash.amount * coalesce(contract_lines.share_from, 0.0) as decimal(18, 2)),
    from cash
    left join contracts on cash.contract_id = contracts.contract_id
    left join contract_lines on contracts.contract_id = contract_lines.contract_id

),

deals as (

    select
        opportunities.*,
        opportunities.known_closed_date is not null and coalesce(opportunities.is_won, false)
            as is_known_won,
        case when leads.created_date is not null
            then {{ days_between('leads.created_date', 'opportunities.known_closed_date') }}
        end as lead_days,
        {{ days_between('opportunities.opened_date', 'opportunities.known_closed_date') }}
            as deal_days,
    from opportunities
    left join leads on opportunities.lead_id = leads.lead_id

),

deal_parts as (

    select deals.*, deals.business_line as product, from deals
    union all
    select deals.*, 'ALL' as product, from deals

),

opened_deals as (

    select date_trunc('month', opened_date)::date as month, * from deal_parts

),

closed_deals as (

    select date_trunc('month', known_closed_date)::date as month, *
    from deal_parts
    where known_closed_date is not null

),

call_totals as (

    select
        date_trunc('month', call_date)::date as month,
        coalesce(agent_id, '(none)') as seller_id,
        count(*) as attempts,
        count(*) filter (where is_effective_connect) as effective_connects,
    from calls
    group by all

),

owner_months as (

    select month, seller_id from signatures
    union
    select month, seller_id from cancellations
    union
    select month, seller_id from cash_parts
    union
    select month, seller_id from opened_deals
    union
    select month, seller_id from closed_deals
    union
    select month, seller_id from call_totals
    union
    select month, owner_id from targets

),

-- the team of an owner in a month is that of the month's last day (or of as_of, or the last known)
owner_teams as (

    select owner_months.month, owner_months.seller_id, employees.team,
    from owner_months
    left join employees on owner_months.seller_id = employees.owner_id
    qualify row_number() over (
        partition by owner_months.month, owner_months.seller_id
        order by
            employees.valid_from <= least(
                {{ param('as_of') }}, last_day(owner_months.month)
            ) desc nulls last,
            case when employees.valid_from <= last_day(owner_months.month)
                then employees.valid_from
            end desc nulls last,
            employees.valid_from,
            employees.team
    ) = 1

),

levels as (

    select month, seller_id, 'owner' as level, seller_id as owner, from owner_teams
    union all
    select month, seller_id, 'team', coalesce(team, '(none)'), from owner_teams
    union all
    select month, seller_id, 'ALL', 'ALL', from owner_teams

),

signed as (

    select
        levels.month,
        levels.level,
        levels.owner,
        signatures.product,
        sum(signatures.amount) as signed_amount,
        count(*) filter (where signatures.kind <> 'amend') as orders,
        count(*) filter (where signatures.kind = 'new') as orders_new,
        count(*) filter (where signatures.kind = 'renewal') as orders_renewal,
        count(*) filter (where signatures.kind = 'expansion') as orders_expansion,
        sum(signatures.amount) filter (where signatures.kind <> 'amend') as order_amount,
        sum(signatures.acv) filter (where signatures.kind <> 'amend') as order_acv,
        sum(signatures.amount) filter (where signatures.list_amount is not null)
            as listed_amount,
        sum(signatures.list_amount) as list_amount,
    from signatures
    inner join levels
        on signatures.month = levels.month and signatures.seller_id = levels.seller_id
    group by all

),

cancelled as (

    select
        levels.month,
        levels.level,
        levels.owner,
        cancellations.product,
        sum(cancellations.amount) as cancelled_amount,
    from cancellations
    inner join levels
        on cancellations.month = levels.month and cancellations.seller_id = levels.seller_id
    group by all

),

collected as (

    select
        levels.month,
        levels.level,
        levels.owner,
        cash_parts.product,
        sum(cash_parts.amount) as cash_collected,
    from cash_parts
    inner join levels
        on cash_parts.month = levels.month and cash_parts.seller_id = levels.seller_id
    group by all

),

targeted as (

    select
        levels.month,
        levels.level,
        levels.owner,
        targets.product,
        sum(targets.target) as target,
    from targets
    inner join levels on targets.month = levels.month and targets.owner_id = levels.seller_id
    group by all

),

opened as (

    select
        levels.month,
        levels.level,
        levels.owner,
        opened_deals.product,
        count(*) filter (where opened_deals.is_accepted) as opps_created,
        count(*) as cohort,
        count(*) filter (where opened_deals.is_known_won) as cohort_won,
        count(*) filter (where opened_deals.known_closed_date is null) as cohort_open,
    from opened_deals
    inner join levels
        on opened_deals.month = levels.month and opened_deals.seller_id = levels.seller_id
    group by all

),

closed as (

    select
        levels.month,
        levels.level,
        levels.owner,
        closed_deals.product,
        count(*) as closed,
        count(*) filter (where closed_deals.is_known_won) as won,
        sum(closed_deals.amount) as closed_amount,
        sum(case when closed_deals.is_known_won then closed_deals.amount else 0 end)
            as won_amount,
        median(case when closed_deals.is_known_won then closed_deals.lead_days end)
            as cycle_days_p50,
        median(case when closed_deals.is_known_won then closed_deals.deal_days end)
            as opp_cycle_days_p50,
    from closed_deals
    inner join levels
        on closed_deals.month = levels.month and closed_deals.seller_id = levels.seller_id
    group by all

),

called as (

    select
        levels.month,
        levels.level,
        levels.owner,
        'ALL' as product,
        sum(call_totals.attempts) as attempts,
        sum(call_totals.effective_connects) as effective_connects,
    from call_totals
    inner join levels
        on call_totals.month = levels.month and call_totals.seller_id = levels.seller_id
    group by all

),

measures as (

    {{ stacked(['month', 'level', 'owner', 'product'], {
        'signed': [
            'signed_amount', 'orders', 'orders_new', 'orders_renewal', 'orders_expansion',
            'order_amount', 'order_acv', 'listed_amount', 'list_amount'
        ],
        'cancelled': ['cancelled_amount'],
        'collected': ['cash_collected'],
        'targeted': ['target'],
        'opened': ['opps_created', 'cohort', 'cohort_won', 'cohort_open'],
        'closed': [
            'closed', 'won', 'closed_amount', 'won_amount', 'cycle_days_p50', 'opp_cycle_days_p50'
        ],
        'called': ['attempts', 'effective_connects']
    }) }}

),

totals as (

    select
        month,
        level,
        owner,
        product,
        cast(coalesce(sum(signed_amount), 0) - coalesce(sum(cancelled_amount), 0)
            as decimal(18, 2)) as sales_amount,
        cast(coalesce(sum(cash_collected), 0) as decimal(18, 2)) as cash_collected,
        cast(coalesce(sum(orders), 0) as bigint) as orders,
        cast(coalesce(sum(orders_new), 0) as bigint) as orders_new,
        cast(coalesce(sum(orders_renewal), 0) as bigint) as orders_renewal,
        cast(coalesce(sum(orders_expansion), 0) as bigint) as orders_expansion,
        cast(sum(target) as decimal(18, 2)) as target,
        cast(coalesce(sum(opps_created), 0) as bigint) as opps_created,
        cast(coalesce(sum(cohort), 0) as bigint) as cohort,
        cast(coalesce(sum(cohort_won), 0) as bigint) as cohort_won,
        coalesce(sum(cohort_open), 0) as cohort_open,
        cast(coalesce(sum(closed), 0) as bigint) as closed,
        cast(coalesce(sum(won), 0) as bigint) as won,
        cast(coalesce(sum(closed_amount), 0) as decimal(18, 2)) as closed_amount,
        cast(coalesce(sum(won_amount), 0) as decimal(18, 2)) as won_amount,
        cast(coalesce(sum(order_amount), 0) as decimal(18, 2)) as order_amount,
        cast(coalesce(sum(order_acv), 0) as decimal(18, 2)) as order_acv,
        cast(sum(listed_amount) as decimal(18, 2)) as listed_amount,
        cast(sum(list_amount) as decimal(18, 2)) as list_amount,
        max(cycle_days_p50) as cycle_days_p50,
        max(opp_cycle_days_p50) as opp_cycle_days_p50,
        cast(coalesce(sum(attempts), 0) as bigint) as attempts,
        cast(coalesce(sum(effective_connects), 0) as bigint) as effective_connects,
    from measures
    group by all

),

attained as (

    select
        *,
        {{ safe_div('sales_amount', 'target') }} as quota_attainment,
    from totals

),

final as (

    select
        month,
        level,
        owner,
        product,
        sales_amount,
        cash_collected,
        orders,
        orders_new,
        orders_renewal,
        orders_expansion,
        target,
        quota_attainment,
        opps_created,
        {{ safe_div('won', 'closed') }} as win_rate,
        won as win_rate_num,
        closed as win_rate_den,
        {{ safe_div('won_amount', 'closed_amount') }} as win_rate_amount,
        won_amount as win_rate_amount_num,
        closed_amount as win_rate_amount_den,
        -- immature while one opportunity of the month is open (E10, G9)
        case when cohort_open = 0 then {{ safe_div('cohort_won', 'cohort') }} end
            as win_rate_cohort,
        cohort_won as win_rate_cohort_num,
        cohort as win_rate_cohort_den,
        {{ safe_div('order_amount', 'orders') }} as avg_deal_size,
        order_amount as avg_deal_size_num,
        orders as avg_deal_size_den,
        {{ safe_div('order_acv', 'orders') }} as avg_acv,
        order_acv as avg_acv_num,
        orders as avg_acv_den,
        {{ safe_div('list_amount - listed_amount', 'list_amount') }} as discount_rate,
        cast(list_amount - listed_amount as decimal(18, 2)) as discount_rate_num,
        list_amount as discount_rate_den,
        cycle_days_p50,
        opp_cycle_days_p50,
        -- calls know no product: only the product ALL counts them
        case when product = 'ALL' then attempts end as attempts,
        case when product = 'ALL' then effective_connects end as effective_connects,
        case when product = 'ALL' then {{ safe_div('opps_created', 'effective_connects') }} end
            as connect_to_opp_rate,
        -- owners with a target are ranked by attainment, those without by sales amount (F05)
        case when level = 'owner' then percent_rank() over (
            partition by month, level, product, quota_attainment is null
            order by coalesce(quota_attainment, cast(sales_amount as double))
        ) end as percentile,
    from attained

)

select * from final
