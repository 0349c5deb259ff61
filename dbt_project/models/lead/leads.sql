with

leads as (

    select * from {{ ref('fct_lead') }}
    where is_kept and created_at < {{ param('as_of_end') }}

),

companies as (

    select * from {{ ref('dim_company') }}

),

validations as (

    select * from {{ ref('int_leads__validated') }}

),

element_captures as (

    select * from {{ ref('int_lead_elements__captured') }}

),

calls as (

    select * from {{ ref('int_calls__assigned') }}
    where lead_id is not null

),

activity as (

    select * from {{ ref('int_persons__engaged') }}

),

opportunity_links as (

    select * from {{ ref('int_lead_opportunities__linked') }}

),

contracts as (

    select * from {{ ref('int_lead_contracts__matched') }}
    where paid_date <= {{ param('as_of') }}

),

elements as (

    select
        lead_id,
        count(case when element_no = 1 then 1 end) > 0 as e1_filled,
        count(case when element_no = 2 then 1 end) > 0 as e2_filled,
        count(case when element_no = 3 then 1 end) > 0 as e3_filled,
        count(case when element_no = 4 then 1 end) > 0 as e4_filled,
        count(case when element_no = 5 then 1 end) > 0 as e5_filled,
        count(case when element_no = 6 then 1 end) > 0 as e6_filled,
        count(case when element_no = 7 then 1 end) > 0 as e7_filled,
        count(*) as elements_filled
    from element_captures
    group by all

),

ranked_grades as (

    select
        lead_id,
        intent,
        row_number() over (partition by lead_id order by start_at desc, call_id desc) as grade_no
    from calls
    where intent is not null

),

ranked_timelines as (

    select
        lead_id,
        timeline_days,
        row_number() over (partition by lead_id order by start_at desc, call_id desc) as timeline_no
    from calls
    where timeline_days is not null

),

first_attempts as (

    select
        leads.lead_id,
        min(calls.start_at) as attempted_at
    from leads
    inner join calls
        on
            leads.lead_id = calls.lead_id
            and calls.direction = 'out'
            and calls.start_at >= leads.created_at
    group by all

),

first_opportunities as (

    select
        leads.lead_id,
        min(opportunity_links.accepted_at) as opp_at
    from leads
    inner join opportunity_links
        on
            leads.lead_id = opportunity_links.lead_id
            and opportunity_links.accepted_at >= leads.created_at
    group by all

),

joined as (

    select
        leads.*,
        companies.headcount as company_headcount,
        coalesce(companies.industry_l1, leads.industry, 'unknown') as industry_l1,
        validations.is_valid,
        validations.valid_at,
        coalesce(elements.e1_filled, false) as e1_filled,
        coalesce(elements.e2_filled, false) as e2_filled,
        coalesce(elements.e3_filled, false) as e3_filled,
        coalesce(elements.e4_filled, false) as e4_filled,
        coalesce(elements.e5_filled, false) as e5_filled,
        coalesce(elements.e6_filled, false) as e6_filled,
        coalesce(elements.e7_filled, false) as e7_filled,
        coalesce(elements.elements_filled, 0) as elements_filled,
        ranked_grades.intent as intent_grade,
        ranked_timelines.timeline_days,
        activity.pricing_views_7d,
        activity.pricing_views_14d,
        activity.has_pageview,
        activity.days_since_active,
        activity.active_days_14d,
        coalesce(
            activity.visits_30d >= {{ var('deep_visits') }}
            and activity.demo_uses_30d >= {{ var('deep_demo_uses') }}
            and activity.contents_30d >= {{ var('deep_contents') }},
            false
        ) as is_deep_engaged_30d,
        {{ seconds_apart('leads.created_at', 'first_attempts.attempted_at') }} / 60.0
            as first_response_minutes,
        first_opportunities.opp_at,
        contracts.paid_at
    from leads
    left join companies
        on leads.company_id = companies.company_id
    left join validations
        on leads.lead_id = validations.lead_id
    left join elements
        on leads.lead_id = elements.lead_id
    left join ranked_grades
        on leads.lead_id = ranked_grades.lead_id and ranked_grades.grade_no = 1
    left join ranked_timelines
        on leads.lead_id = ranked_timelines.lead_id and ranked_timelines.timeline_no = 1
    left join activity
        on leads.person_id = activity.person_id
    left join first_attempts
        on leads.lead_id = first_attempts.lead_id
    left join first_opportunities
        on leads.lead_id = first_opportunities.lead_id
    left join contracts
        on leads.lead_id = contracts.lead_id

),

final as (

    select
        lead_id,
        company_id,
        created_at,
        channel_id as channel,
        industry_l1 as industry,
        owner_id,
        is_valid,
        valid_at,
        e1_filled,
        e2_filled,
        e3_filled,
        e4_filled,
        e5_filled,
        e6_filled,
        e7_filled,
        elements_filled,
        elements_filled / 7.0 as completeness,
        case
            when
                timeline_days <= 30 or intent_grade = 'A' or pricing_views_7d >= 2
                then 'high'
            when
                timeline_days <= 90 or intent_grade = 'B' or pricing_views_14d >= 1
                then 'medium'
            when
                timeline_days is not null or intent_grade is not null or has_pageview
                then 'low'
            else 'unknown'
        end as need_urgency,
        cast(null as varchar) as search_intents,
        cast(null as double) as quality_score,
        cast(null as varchar) as score_version,
        intent_grade,
        case
            when days_since_active is null then 'never'
            when
                days_since_active <= {{ var('hot_days') }}
                and active_days_14d >= {{ var('hot_active_days') }}
                then 'hot'
            when days_since_active <= {{ var('warm_days') }} then 'warm'
            when days_since_active < {{ var('silent_days') }} then 'cool'
            else 'dormant'
        end as activity_state,
        is_deep_engaged_30d,
        -- L13: the score of L11 is not there yet, so only the other half can say true, and where
        -- it does not, nothing is known.
        case
            when is_deep_engaged_30d and company_headcount >= {{ var('icp_min_headcount') }}
                then true
        end as is_high_value,
        cast(first_response_minutes as double) as first_response_minutes,
        cast(null as double) as first_response_business_minutes,
        opp_at,
        paid_at
    from joined

)

select * from final
