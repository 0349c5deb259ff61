-- A02: what a channel cost in a month, in the reporting currency: media spend, market events and
-- content, agency and tools; loaded_cost adds the month's marketing and sales payroll, spread by
-- leads. Cost that no known channel takes, and payroll of a month without leads, is `unassigned`.
with

ad_costs as (

    select * from {{ ref('int_ad_costs__converted') }}
    where date <= {{ param('as_of') }}

),

event_costs as (

    select * from {{ ref('stg_mkt_event_cost') }}
    where date <= {{ param('as_of') }}

),

monthly_costs as (

    select * from {{ ref('stg_channel_cost_monthly') }}
    where month <= {{ param('as_of') }}

),

channels as (

    select * from {{ ref('dim_channel') }}

),

leads as (

    select * from {{ ref('fct_lead') }}
    where is_kept and created_at < {{ param('as_of_end') }}

),

costs as (

    select
        cast(date_trunc('month', date) as date) as month,
        channel_id,
        ad_spend as amount
    from ad_costs

    union all

    select
        cast(date_trunc('month', date) as date) as month,
        coalesce(channel_id, 'event') as channel_id,
        {{ to_reporting('event_costs.amount', 'event_costs.currency', 'event_costs.date') }}
            as amount
    from event_costs

    union all

    select
        month,
        channel_id,
        {{ to_reporting(
            'monthly_costs.amount', 'monthly_costs.currency', 'monthly_costs.month'
        ) }} as amount
    from monthly_costs
    where cost_type in ('content', 'agency', 'tool')

),

direct as (

    select
        costs.month,
        coalesce(channels.channel_id, 'unassigned') as channel_id,
        sum(costs.amount) as cost
    from costs
    left join channels
        on costs.channel_id = channels.channel_id
    group by all

),

payroll as (

    select
        month,
        sum({{ to_reporting(
            'monthly_costs.amount', 'monthly_costs.currency', 'monthly_costs.month'
        ) }}) as payroll
    from monthly_costs
    where cost_type in ('payroll_mkt', 'payroll_sales')
    group by all

),

channel_leads as (

    select
        cast(date_trunc('month', created_date) as date) as month,
        channel_id,
        count(*) as leads
    from leads
    group by all

),

-- Shares are rounded on the running sum, so that they add up to the payroll to the cent.
running as (

    select
        channel_leads.month,
        channel_leads.channel_id,
        payroll.payroll,
        sum(channel_leads.leads) over (partition by channel_leads.month) as leads,
        sum(channel_leads.leads) over (
            partition by channel_leads.month order by channel_leads.channel_id
            rows between unbounded preceding and current row
        ) as leads_to_here,
        channel_leads.leads as leads_here
    from channel_leads
    inner join payroll
        on channel_leads.month = payroll.month

),

payroll_shares as (

    select
        month,
        channel_id,
        cast(payroll * leads_to_here / leads as decimal(18, 2))
        - cast(payroll * (leads_to_here - leads_here) / leads as decimal(18, 2)) as payroll
    from running

    union all

    select
        payroll.month,
        'unassigned' as channel_id,
        payroll.payroll
    from payroll
    left join channel_leads
        on payroll.month = channel_leads.month
    where channel_leads.month is null

),

lines as (

    select month, channel_id, cost, cost as loaded_cost from direct
    union all
    select month, channel_id, 0 as cost, payroll as loaded_cost from payroll_shares

),

final as (

    select
        month,
        channel_id,
        cast(sum(cost) as decimal(18, 2)) as cost,
        cast(sum(loaded_cost) as decimal(18, 2)) as loaded_cost
    from lines
    group by all

)

select * from final
