with

months as (

    select month_start as month,
    from {{ ref('dim_date') }}
    where date = month_start
        and cast({{ dbt.dateadd('month', 1, 'month_start') }} as date) <= {{ param('as_of') }} + 1

),

subscriptions as (

    select * from {{ ref('fct_subscription_month') }}

),

first_months as (

    select company_id, business_line, min(month) as first_month,
    from subscriptions
    group by all

),

balances as (

    select
        months.month,
        first_months.company_id,
        first_months.business_line,
        coalesce(subscriptions.mrr, 0) as end_mrr,
    from first_months
    inner join months on first_months.first_month <= months.month
    left join subscriptions
        on first_months.company_id = subscriptions.company_id
        and first_months.business_line = subscriptions.business_line
        and months.month = subscriptions.month

),

line_moves as (

    select
        *,
        coalesce(lag(end_mrr) over (
            partition by company_id, business_line order by month
        ), 0) as start_mrr,
    from balances

),

company_balances as (

    select company_id, month, sum(start_mrr) as start_mrr, sum(end_mrr) as end_mrr,
    from line_moves
    group by all

),

company_moves as (

    select
        company_id,
        month,
        case
            when start_mrr = 0 and end_mrr = 0 then 'none'
            when start_mrr > 0 and end_mrr = 0 then 'churn'
            when start_mrr > 0 then 'change'
            when coalesce(max(end_mrr) over (
                partition by company_id order by month
                rows between unbounded preceding and 1 preceding
            ), 0) > 0 then 'reactivation'
            else 'new'
        end as movement,
    from company_balances

),

classified as (

    select
        line_moves.*,
        company_moves.movement,
        line_moves.end_mrr - line_moves.start_mrr as difference,
    from line_moves
    inner join company_moves
        on line_moves.company_id = company_moves.company_id
        and line_moves.month = company_moves.month

),

final as (

    select
        month,
        company_id,
        business_line,
        cast(start_mrr as decimal(18, 4)) as start_mrr,
        cast(case when movement = 'new' then end_mrr else 0 end as decimal(18, 4)) as new_mrr,
        cast(case when movement = 'change' then greatest(difference, 0) else 0 end
            as decimal(18, 4)) as expansion_mrr,
        cast(case when movement = 'change' then greatest(-difference, 0) else 0 end
            as decimal(18, 4)) as contraction_mrr,
        cast(case when movement = 'churn' then start_mrr else 0 end as decimal(18, 4))
            as churn_mrr,
        cast(case when movement = 'reactivation' then end_mrr else 0 end as decimal(18, 4))
            as reactivation_mrr,
        cast(end_mrr as decimal(18, 4)) as end_mrr,
    from classified

)

select * from final
