with

leads as (

    select
        *,
        {{ business_date('created_at') }} as created_date,
        coalesce(owner_id, '(none)') as owner
    from {{ ref('leads') }}

),

contracts as (

    select * from {{ ref('int_lead_contracts__matched') }}

),

-- Instants are compared exactly; the days of a contract are compared as days.
outcomes as (

    select
        leads.*,
        coalesce(
            leads.valid_at
            <= leads.created_at + interval '{{ var("lead_maturity_days") }} days',
            false
        ) as is_valid_in_time,
        coalesce(
            leads.opp_at <= leads.created_at + interval '{{ var("opp_maturity_days") }} days',
            false
        ) as is_opportunity_in_time,
        coalesce(
            leads.opp_at <= leads.valid_at + interval '{{ var("opp_maturity_days") }} days',
            false
        ) as is_valid_opportunity_in_time,
        coalesce(
            contracts.paid_date <= leads.created_date + {{ var('paid_maturity_days') }},
            false
        ) as is_paid_in_time,
        coalesce(
            leads.first_response_minutes <= {{ var('first_response_min') }},
            false
        ) as is_answered_in_time,
        {{ days_between('leads.created_date', param('as_of')) }} as age_days
    from leads
    left join contracts
        on leads.lead_id = contracts.lead_id

),

cohorts as (

    select
        created_date,
        channel,
        industry,
        owner,
        min(age_days) as age_days,
        count(*) as leads,
        count(case when is_valid then 1 end) as valid_leads,
        count(case when is_valid_in_time then 1 end) as valid_in_time,
        count(case when is_opportunity_in_time then 1 end) as opportunities_in_time,
        count(case when is_valid_in_time and is_valid_opportunity_in_time then 1 end)
            as valid_opportunities_in_time,
        count(case when is_paid_in_time then 1 end) as paid_in_time,
        median(first_response_minutes) as first_response_minutes_p50,
        count(case when is_answered_in_time then 1 end) as answered_in_time
    from outcomes
    group by all

),

matured as (

    select
        *,
        sum(leads) over (partition by created_date) as leads_of_date,
        age_days >= {{ var('lead_maturity_days') }} as is_mature_valid,
        age_days >= {{ var('opp_maturity_days') }} as is_mature_opp,
        age_days >= {{ var('lead_maturity_days') }} + {{ var('opp_maturity_days') }}
            as is_mature_valid_opp,
        age_days >= {{ var('paid_maturity_days') }} as is_mature_paid
    from cohorts

),

final as (

    select
        created_date,
        channel,
        industry,
        owner,
        leads,
        {{ safe_div('leads', 'leads_of_date') }} as lead_share,
        leads as lead_share_num,
        cast(leads_of_date as bigint) as lead_share_den,
        valid_leads,
        case when is_mature_valid then {{ safe_div('valid_in_time', 'leads') }} end as valid_rate,
        case when is_mature_valid then valid_in_time end as valid_rate_num,
        case when is_mature_valid then leads end as valid_rate_den,
        case when is_mature_opp then {{ safe_div('opportunities_in_time', 'leads') }} end
            as lead_to_opp_rate,
        case when is_mature_opp then opportunities_in_time end as lead_to_opp_rate_num,
        case when is_mature_opp then leads end as lead_to_opp_rate_den,
        case
            when is_mature_valid_opp
                then {{ safe_div('valid_opportunities_in_time', 'valid_in_time') }}
        end as valid_to_opp_rate,
        case when is_mature_valid_opp then valid_opportunities_in_time end
            as valid_to_opp_rate_num,
        case when is_mature_valid_opp then valid_in_time end as valid_to_opp_rate_den,
        case when is_mature_paid then {{ safe_div('paid_in_time', 'leads') }} end
            as lead_to_paid_rate,
        case when is_mature_paid then paid_in_time end as lead_to_paid_rate_num,
        case when is_mature_paid then leads end as lead_to_paid_rate_den,
        first_response_minutes_p50,
        {{ safe_div('answered_in_time', 'leads') }} as first_response_30min_share,
        answered_in_time as first_response_30min_share_num,
        leads as first_response_30min_share_den,
        is_mature_valid,
        is_mature_opp,
        is_mature_paid
    from matured

)

select * from final
