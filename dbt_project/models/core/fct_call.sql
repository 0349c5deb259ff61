with

calls as (

    select
        *,
        case direction when 'in' then caller_hash else callee_hash end as party_hash,
        case when outcome = 'answered' then call_id end as answered_call_id,
    from {{ ref('stg_cdr') }}

),

dispositions as (

    select * from {{ ref('stg_call_disposition') }}

),

leads as (

    select * from {{ ref('int_leads__surviving') }}

),

identities as (

    select * from {{ ref('map_identity') }}

),

memberships as (

    select
        *,
        coalesce(valid_to, timestamptz '9999-12-31') as ends_at,
    from {{ ref('bridge_person_company') }}

),

-- Only an answered call can have been written up.
written as (

    select
        calls.*,
        coalesce(leads.survivor_id, calls.lead_id, dispositions.lead_id) as lead_ref,
        dispositions.reached_person,
        dispositions.intent,
        dispositions.csat_key,
        dispositions.timeline_days,
        dispositions.e1_company_filled,
        dispositions.e2_contact_filled,
        dispositions.e3_need_filled,
        dispositions.e4_current_system_filled,
        dispositions.e5_budget_filled,
        dispositions.e6_decision_filled,
        dispositions.e7_timeline_filled,
    from calls
    left join dispositions
        on calls.answered_call_id = dispositions.call_id
    left join leads
        on coalesce(calls.lead_id, dispositions.lead_id) = leads.id_value

),

identified as (

    select
        written.*,
        coalesce(by_lead.person_id, by_phone.person_id) as person_id,
    from written
    left join identities as by_lead
        on by_lead.id_type = 'lead_id' and written.lead_ref = by_lead.id_value
    left join identities as by_phone
        on by_phone.id_type = 'phone_hash' and written.party_hash = by_phone.id_value

),

final as (

    select
        identified.call_id,
        identified.lead_ref as lead_id,
        identified.person_id,
        memberships.company_id,
        identified.direction,
        identified.line,
        identified.agent_id,
        identified.campaign,
        identified.start_at,
        identified.business_date as call_date,
        identified.outcome,
        identified.outcome = 'answered' as is_answered,
        identified.outcome = 'answered'
        and coalesce(identified.talk_seconds, 0) >= {{ var('effective_call_min_sec') }}
        and coalesce(identified.reached_person, true) as is_effective_connect,
        identified.talk_seconds,
        identified.hangup_by,
        identified.intent,
        identified.csat_key,
        coalesce(identified.e1_company_filled, false) as e1_filled,
        coalesce(identified.e2_contact_filled, false) as e2_filled,
        coalesce(identified.e3_need_filled, false) as e3_filled,
        coalesce(identified.e4_current_system_filled, false) as e4_filled,
        coalesce(identified.e5_budget_filled, false) as e5_filled,
        coalesce(identified.e6_decision_filled, false) as e6_filled,
        coalesce(identified.e7_timeline_filled, false) as e7_filled,
        identified.timeline_days,
        identified.reached_person,
    from identified
    left join memberships
        on
            identified.person_id = memberships.person_id
            and identified.start_at >= memberships.valid_from
            and identified.start_at < memberships.ends_at

)

select * from final
