with

costs as (

    select * from {{ ref('int_channel_costs__collected') }}

),

leads as (

    select * from {{ ref('fct_lead') }}
    where is_kept and created_at < {{ param('as_of_end') }}

),

validations as (

    select * from {{ ref('int_leads__validated') }}

),

contracts as (

    select * from {{ ref('int_lead_contracts__matched') }}

),

conversions as (

    select * from {{ ref('int_conversions__attributed') }}

),

contract_values as (

    select * from {{ ref('int_first_contracts__valued') }}

),

-- Only months that are over at as_of: their last day shows who was a customer.
subscriptions as (

    select * from {{ ref('fct_subscription_month') }}
    where last_day(month) <= {{ param('as_of') }}

),

company_months as (

    select
        company_id,
        month,
        sum(mrr) as mrr
    from subscriptions
    group by all

),

latest_month as (

    select max(month) as month from company_months

),

-- H04 and H09: customers of one month that are none in the next, over the last twelve months.
churn as (

    select
        count(case when following.company_id is null then 1 end) as churned,
        count(*) as customers
    from company_months
    cross join latest_month
    left join company_months as following
        on
            company_months.company_id = following.company_id
            and following.month = cast(company_months.month + interval '1 month' as date)
    where
        company_months.month < latest_month.month
        and company_months.month >= latest_month.month - interval '12 months'

),

lifetime as (

    select
        least(
            {{ safe_div('customers', 'churned') }}, {{ var('ltv_cap_months') }}
        ) as lifetime_months
    from churn
    where churned > 0

),

lead_sums as (

    select
        cast(date_trunc('month', leads.created_date) as date) as lead_cohort_month,
        leads.channel_id as channel,
        count(*) as leads,
        count(case when validations.is_valid then 1 end) as valid_leads,
        count(
            case
                when
                    contracts.paid_date <= leads.created_date + {{ var('paid_maturity_days') }}
                    then 1
            end
        ) as paid_leads
    from leads
    left join validations
        on leads.lead_id = validations.lead_id
    left join contracts
        on leads.lead_id = contracts.lead_id
    group by all

),

credit_sums as (

    select
        conversions.lead_cohort_month,
        conversions.channel_id as channel,
        conversions.attribution_model,
        sum(
            case
                when conversions.conversion_type = 'first_accepted_opportunity'
                    then conversions.credit
                else 0
            end
        ) as opportunities,
        sum(case when contract_values.contract_id is not null then conversions.credit else 0 end)
            as customers,
        sum(conversions.credit * contract_values.net_revenue) as revenue,
        sum(conversions.credit * contract_values.cash) as cash,
        sum(conversions.credit * contract_values.ltv12) as ltv12,
        sum(conversions.credit * contract_values.acv) as acv,
        sum(conversions.credit * company_months.mrr) as mrr,
        sum(case when company_months.company_id is not null then conversions.credit else 0 end)
            as subscribed
    from conversions
    left join contract_values
        on
            conversions.conversion_type = 'first_paid_contract'
            and conversions.conversion_id = contract_values.contract_id
    left join latest_month
        on true
    left join company_months
        on
            contract_values.company_id = company_months.company_id
            and latest_month.month = company_months.month
    group by all

),

models as (

    select distinct attribution_model from credit_sums
    union
    select 'first' as attribution_model
    union
    select 'last' as attribution_model

),

channel_months as (

    select month as lead_cohort_month, channel_id as channel from costs
    union
    select lead_cohort_month, channel from lead_sums

),

keys as (

    select channel_months.lead_cohort_month, channel_months.channel, models.attribution_model
    from channel_months
    cross join models

    union

    select lead_cohort_month, channel, attribution_model from credit_sums

),

joined as (

    select
        keys.lead_cohort_month,
        keys.channel,
        keys.attribution_model,
        cast(coalesce(costs.cost, 0) as decimal(18, 2)) as cost,
        cast(coalesce(costs.loaded_cost, 0) as decimal(18, 2)) as loaded_cost,
        coalesce(lead_sums.leads, 0) as credited_leads,
        coalesce(lead_sums.valid_leads, 0) as credited_valid_leads,
        coalesce(lead_sums.paid_leads, 0) as paid_leads,
        cast(coalesce(credit_sums.opportunities, 0) as decimal(18, 6)) as credited_opportunities,
        cast(coalesce(credit_sums.customers, 0) as decimal(18, 6)) as credited_customers,
        cast(coalesce(credit_sums.revenue, 0) as decimal(18, 2)) as credited_revenue,
        cast(coalesce(credit_sums.cash, 0) as decimal(18, 2)) as credited_cash,
        cast(coalesce(credit_sums.ltv12, 0) as decimal(18, 2)) as ltv12,
        cast(coalesce(credit_sums.acv, 0) as decimal(18, 2)) as acv,
        {{ safe_div('credit_sums.mrr', 'credit_sums.subscribed') }}
        * {{ var('gross_margin_default') }} as margin_per_month,
        lifetime.lifetime_months,
        last_day(keys.lead_cohort_month) <= {{ param('as_of') }} - {{ var('lead_maturity_days') }}
            as is_mature_valid,
        last_day(keys.lead_cohort_month) <= {{ param('as_of') }} - {{ var('paid_maturity_days') }}
            as is_mature,
        {{ param('as_of') }} >= last_day(keys.lead_cohort_month) + {{ var('paid_maturity_days') }}
            + interval '12 months' as is_mature_ltv12
    from keys
    left join costs
        on keys.lead_cohort_month = costs.month and keys.channel = costs.channel_id
    left join lead_sums
        on
            keys.lead_cohort_month = lead_sums.lead_cohort_month
            and keys.channel = lead_sums.channel
    left join credit_sums
        on
            keys.lead_cohort_month = credit_sums.lead_cohort_month
            and keys.channel = credit_sums.channel
            and keys.attribution_model = credit_sums.attribution_model
    left join lifetime
        on true

),

-- A cell whose window is still open has no outcome ratios (G9); cost and credits to date stay.
rated as (

    select
        *,
        case when is_mature_ltv12 then ltv12 end as credited_ltv12,
        case when is_mature then {{ safe_div('paid_leads', 'credited_leads') }} end
            as lead_to_paid_rate,
        {{ safe_div('cost', 'credited_leads') }} as cpl,
        case when is_mature_valid then {{ safe_div('cost', 'credited_valid_leads') }} end as cpvl,
        case when is_mature then {{ safe_div('cost', 'credited_customers') }} end as cac,
        case when is_mature then {{ safe_div('loaded_cost', 'credited_customers') }} end
            as cac_loaded,
        case when is_mature then {{ safe_div('cost', 'acv') }} end as cac_to_acv,
        case when is_mature then {{ safe_div('credited_revenue', 'cost') }} end as roas,
        case when is_mature then {{ safe_div('credited_revenue - cost', 'cost') }} end
            as roi_booking,
        case when is_mature then {{ safe_div('credited_cash - cost', 'cost') }} end as roi_cash,
        case when is_mature_ltv12 then {{ safe_div('ltv12 - cost', 'cost') }} end as roi_ltv12,
        margin_per_month * lifetime_months as ltv_simple,
        is_mature and credited_leads >= {{ var('roi_min_leads') }} as has_sample
    from joined

),

ranked as (

    select
        *,
        has_sample and cost > 0 as is_ranked,
        row_number() over (
            partition by lead_cohort_month, attribution_model, has_sample and cost > 0
            order by roi_booking desc nulls last, lead_to_paid_rate desc, cost, channel
        ) as roi_no,
        row_number() over (
            partition by lead_cohort_month, attribution_model, has_sample and cost > 0
            order by cpl nulls last, lead_to_paid_rate desc, cost, channel
        ) as cpl_no
    from rated

),

final as (

    select
        lead_cohort_month,
        channel,
        attribution_model,
        cost,
        loaded_cost,
        credited_leads,
        credited_valid_leads,
        credited_opportunities,
        credited_customers,
        credited_revenue,
        credited_cash,
        credited_ltv12,
        lead_to_paid_rate,
        case when is_mature then paid_leads end as lead_to_paid_rate_num,
        case when is_mature then credited_leads end as lead_to_paid_rate_den,
        cpl,
        cpvl,
        case when is_ranked then cpl_no end as rank_cpl,
        cac,
        cac_loaded,
        cac_to_acv,
        case when is_mature then cost end as cac_to_acv_num,
        case when is_mature then acv end as cac_to_acv_den,
        roas,
        roi_booking,
        roi_cash,
        roi_ltv12,
        {{ safe_div('ltv_simple', 'cac') }} as ltv_cac,
        case when is_mature then ltv_simple end as ltv_cac_num,
        cac as ltv_cac_den,
        {{ safe_div('cac', 'margin_per_month') }} as payback_months,
        cac as payback_months_num,
        case when is_mature then margin_per_month end as payback_months_den,
        case when is_ranked then roi_no end as rank_roi,
        case when has_sample then 'ok' else 'insufficient_data' end as sample_flag,
        cost > 0 and credited_customers = 0 as is_spend_without_customer,
        is_mature
    from ranked

)

select * from final
