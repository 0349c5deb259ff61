-- One row per call up to the end of as_of, with the lead that survives deduplication (L01).
with

calls as (

    select * from {{ ref('fct_call') }}
    where call_date <= {{ param('as_of') }}

),

leads as (

    select * from {{ ref('fct_lead') }}

),

final as (

    select
        calls.call_id,
        coalesce(leads.kept_lead_id, leads.lead_id) as lead_id,
        calls.direction,
        coalesce(calls.agent_id, '(none)') as agent,
        coalesce(calls.campaign, '(none)') as campaign,
        calls.outcome,
        calls.hangup_by,
        calls.intent,
        calls.talk_seconds,
        calls.csat_key,
        calls.timeline_days,
        calls.is_answered,
        calls.is_effective_connect,
        calls.e1_filled,
        calls.e2_filled,
        calls.e3_filled,
        calls.e4_filled,
        calls.e5_filled,
        calls.e6_filled,
        calls.e7_filled,
        calls.call_date,
        calls.start_at
    from calls
    left join leads
        on calls.lead_id = leads.lead_id

)

select * from final
