with

months as (

    select month_start as month, last_day(month_start) as month_end,
    from {{ ref('dim_date') }}
    where date = month_start and last_day(month_start) <= {{ param('as_of') }}

),

companies as (

    select * from {{ ref('dim_company') }}

),

subscriptions as (

    select * from {{ ref('fct_subscription_month') }}
    where month in (select months.month from months)

),

movements as (

    select * from {{ ref('mrr_movement') }}

),

items as (

    select * from {{ ref('int_subscription_items__valued') }}

),

-- the units that are counted: a company as a whole, and a company on one business line
customer_months as (

    select distinct company_id, 'ALL' as line, month, from subscriptions
    union all
    select distinct company_id, business_line, month, from subscriptions

),

money_months as (

    select
        company_id,
        'ALL' as line,
        month,
        sum(start_mrr) as start_mrr,
        sum(end_mrr) as end_mrr,
        sum(new_mrr) as new_mrr,
        sum(expansion_mrr) as expansion_mrr,
        sum(contraction_mrr) as contraction_mrr,
        sum(churn_mrr) as churn_mrr,
        sum(reactivation_mrr) as reactivation_mrr,
    from movements
    group by all
    union all
    select
        company_id,
        business_line,
        month,
        start_mrr,
        end_mrr,
        new_mrr,
        expansion_mrr,
        contraction_mrr,
        churn_mrr,
        reactivation_mrr,
    from movements

),

unit_months as (

    select
        money_months.*,
        customer_months.company_id is not null as is_customer,
        coalesce(lag(customer_months.company_id is not null) over running, false)
            as was_customer,
        coalesce(lag(money_months.end_mrr, 12) over running, 0) as mrr_12m_ago,
        row_number() over running as month_no,
    from money_months
    left join customer_months
        on money_months.company_id = customer_months.company_id
        and money_months.line = customer_months.line
        and money_months.month = customer_months.month
    window running as (
        partition by money_months.company_id, money_months.line order by money_months.month
    )

),

item_months as (

    select
        items.company_id,
        items.business_line,
        months.month,
        sum(cast(
            cast(items.value as double) / items.term_days
            * ({{ days_between(
                'greatest(items.start_date, months.month)',
                'least(items.last_service_date, months.month_end)'
            ) }} + 1)
            as decimal(28, 8)
        )) as recognised_revenue,
    from items
    inner join months
        on items.start_date <= months.month_end and items.last_service_date >= months.month
    group by all

),

revenue_months as (

    select company_id, 'ALL' as line, month, sum(recognised_revenue) as recognised_revenue,
    from item_months
    group by all
    union all
    select company_id, business_line, month, recognised_revenue, from item_months

),

units as (

    select company_id, line, from unit_months
    union
    select company_id, line, from revenue_months

),

segments as (

    select
        units.company_id,
        units.line,
        {{ rows_each([
            {'segment_type': "'ALL'", 'segment': "'ALL'"},
            {'segment_type': "'industry'", 'segment': "coalesce(companies.industry_l1, 'unknown')"},
            {
                'segment_type': "'headcount_band'",
                'segment': "coalesce(companies.headcount_band, 'unknown')"
            },
            {'segment_type': "'city'", 'segment': "coalesce(companies.city, 'unknown')"}
        ]) }},
    from units
    left join companies on units.company_id = companies.company_id
    where units.line = 'ALL'
    union all
    select company_id, line, 'business_line', line,
    from units
    where line <> 'ALL'

),

segment_money as (

    select
        unit_months.month,
        segments.segment_type,
        segments.segment,
        sum(unit_months.start_mrr) as start_mrr,
        sum(unit_months.end_mrr) as mrr,
        sum(unit_months.new_mrr) as new_mrr,
        sum(unit_months.expansion_mrr) as expansion_mrr,
        sum(unit_months.contraction_mrr) as contraction_mrr,
        sum(unit_months.churn_mrr) as churn_mrr,
        sum(unit_months.reactivation_mrr) as reactivation_mrr,
        count(*) filter (where unit_months.is_customer) as customers,
        count(*) filter (where unit_months.was_customer) as customers_at_start,
        -- a unit's months begin with its first subscription
        count(*) filter (where unit_months.month_no = 1) as new_customers,
        count(*) filter (where unit_months.was_customer and not unit_months.is_customer)
            as churned_customers,
        sum(unit_months.mrr_12m_ago) as mrr_12m_ago,
        sum(unit_months.end_mrr) filter (where unit_months.mrr_12m_ago > 0) as mrr_kept,
        sum(least(unit_months.end_mrr, unit_months.mrr_12m_ago)) as mrr_kept_capped,
    from unit_months
    inner join segments
        on unit_months.company_id = segments.company_id and unit_months.line = segments.line
    group by all

),

segment_revenue as (

    select
        revenue_months.month,
        segments.segment_type,
        segments.segment,
        sum(revenue_months.recognised_revenue) as recognised_revenue,
    from revenue_months
    inner join segments
        on revenue_months.company_id = segments.company_id
        and revenue_months.line = segments.line
    group by all

),

first_months as (

    select segment_type, segment, min(month) as first_month,
    from (
        select month, segment_type, segment, from segment_money
        union all
        select month, segment_type, segment, from segment_revenue
    ) as seen
    group by all

),

segment_months as (

    select
        months.month,
        first_months.segment_type,
        first_months.segment,
        coalesce(segment_money.mrr, 0) as mrr,
        coalesce(segment_money.start_mrr, 0) as start_mrr,
        coalesce(segment_revenue.recognised_revenue, 0) as recognised_revenue,
        coalesce(segment_money.customers, 0) as customers,
        coalesce(segment_money.customers_at_start, 0) as customers_at_start,
        coalesce(segment_money.new_customers, 0) as new_customers,
        coalesce(segment_money.churned_customers, 0) as churned_customers,
        coalesce(segment_money.new_mrr, 0) as new_mrr,
        coalesce(segment_money.expansion_mrr, 0) as expansion_mrr,
        coalesce(segment_money.contraction_mrr, 0) as contraction_mrr,
        coalesce(segment_money.churn_mrr, 0) as churn_mrr,
        coalesce(segment_money.reactivation_mrr, 0) as reactivation_mrr,
        coalesce(segment_money.mrr_12m_ago, 0) as mrr_12m_ago,
        coalesce(segment_money.mrr_kept, 0) as mrr_kept,
        coalesce(segment_money.mrr_kept_capped, 0) as mrr_kept_capped,
    from first_months
    inner join months on first_months.first_month <= months.month
    left join segment_money
        on first_months.segment_type = segment_money.segment_type
        and first_months.segment = segment_money.segment
        and months.month = segment_money.month
    left join segment_revenue
        on first_months.segment_type = segment_revenue.segment_type
        and first_months.segment = segment_revenue.segment
        and months.month = segment_revenue.month

),

parts as (

    select
        month,
        segment_type,
        segment,
        cast(mrr as decimal(18, 4)) as mrr,
        cast(12 * mrr as decimal(18, 4)) as arr,
        cast(recognised_revenue as decimal(18, 2)) as recognised_revenue,
        cast(customers as bigint) as customers,
        cast(new_customers as bigint) as new_customers,
        cast(churned_customers as bigint) as churned_customers,
        cast(customers_at_start as bigint) as customers_at_start,
        cast(start_mrr as decimal(18, 4)) as start_mrr,
        cast(churn_mrr + contraction_mrr as decimal(18, 4)) as lost_mrr,
        cast(churn_mrr + contraction_mrr - expansion_mrr - reactivation_mrr as decimal(18, 4))
            as net_lost_mrr,
        cast(new_mrr + expansion_mrr + reactivation_mrr as decimal(18, 4)) as gained_mrr,
        cast(mrr_kept as decimal(18, 4)) as mrr_kept,
        cast(mrr_kept_capped as decimal(18, 4)) as mrr_kept_capped,
        cast(mrr_12m_ago as decimal(18, 4)) as mrr_12m_ago,
    from segment_months

),

final as (

    select
        month,
        segment_type,
        segment,
        mrr,
        arr,
        recognised_revenue,
        customers,
        new_customers,
        churned_customers,
        {{ safe_div('churned_customers', 'customers_at_start') }} as logo_churn,
        churned_customers as logo_churn_num,
        customers_at_start as logo_churn_den,
        {{ safe_div('lost_mrr', 'start_mrr') }} as gross_mrr_churn,
        lost_mrr as gross_mrr_churn_num,
        start_mrr as gross_mrr_churn_den,
        {{ safe_div('net_lost_mrr', 'start_mrr') }} as net_mrr_churn,
        net_lost_mrr as net_mrr_churn_num,
        start_mrr as net_mrr_churn_den,
        {{ safe_div('mrr_kept', 'mrr_12m_ago') }} as nrr_12m,
        mrr_kept as nrr_12m_num,
        mrr_12m_ago as nrr_12m_den,
        {{ safe_div('mrr_kept_capped', 'mrr_12m_ago') }} as grr_12m,
        mrr_kept_capped as grr_12m_num,
        mrr_12m_ago as grr_12m_den,
        {{ safe_div('mrr', 'customers') }} as arpa,
        {{ safe_div('gained_mrr', 'lost_mrr') }} as quick_ratio,
        gained_mrr as quick_ratio_num,
        lost_mrr as quick_ratio_den,
    from parts

)

select * from final
