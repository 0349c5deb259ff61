with

calls as (

    select * from {{ ref('int_calls__assigned') }}

),

element_captures as (

    select
        lead_id,
        element_no,
        {{ business_date('captured_at') }} as captured_date
    from {{ ref('int_lead_elements__captured') }}

),

opportunity_links as (

    select * from {{ ref('int_lead_opportunities__linked') }}

),

-- The customer is the callee of an outbound call and the caller of an inbound one.
call_facts as (

    select
        *,
        is_answered
        and (
            (
                hangup_by = case direction when 'out' then 'callee' else 'caller' end
                and talk_seconds < {{ var('effective_call_min_sec') }}
            )
            or intent = 'D'
        ) as is_refused
    from calls

),

call_sums as (

    select
        call_date as date,
        agent,
        direction,
        campaign,
        count(*) as attempts,
        count(distinct lead_id) as called_leads,
        count(case when is_answered then 1 end) as answered,
        count(case when is_effective_connect then 1 end) as effective_connects,
        count(distinct case when is_effective_connect then lead_id end)
            as effective_connected_leads,
        count(case when outcome = 'rejected' then 1 end) as rejected,
        count(case when is_refused then 1 end) as refused,
        coalesce(sum(talk_seconds), 0) as talk_seconds,
        count(case when intent = 'A' then 1 end) as intent_a,
        count(case when intent = 'B' then 1 end) as intent_b,
        count(case when intent = 'C' then 1 end) as intent_c,
        count(case when intent = 'D' then 1 end) as intent_d,
        count(case when csat_key >= 4 then 1 end) as csat_num,
        count(csat_key) as csat_den
    from call_facts
    group by all

),

called_leads as (

    select
        call_date as date,
        agent,
        direction,
        campaign,
        lead_id,
        min(case when is_effective_connect then start_at end) as connected_at
    from calls
    where lead_id is not null
    group by all

),

-- How much of a called lead is known once the calls of the day are over.
known_elements as (

    select
        called_leads.date,
        called_leads.agent,
        called_leads.direction,
        called_leads.campaign,
        called_leads.lead_id,
        count(element_captures.element_no) as elements_filled
    from called_leads
    left join element_captures
        on
            called_leads.lead_id = element_captures.lead_id
            and element_captures.captured_date <= called_leads.date
    group by all

),

element_sums as (

    select
        date,
        agent,
        direction,
        campaign,
        sum(elements_filled) as elements_filled,
        count(case when elements_filled = 7 then 1 end) as complete_leads
    from known_elements
    group by all

),

opportunity_sums as (

    select
        called_leads.date,
        called_leads.agent,
        called_leads.direction,
        called_leads.campaign,
        count(distinct called_leads.lead_id) as converted_leads
    from called_leads
    inner join opportunity_links
        on
            called_leads.lead_id = opportunity_links.lead_id
            and opportunity_links.accepted_at >= called_leads.connected_at
            and opportunity_links.accepted_at
            <= called_leads.connected_at + interval '{{ var("callback_opp_days") }} days'
    group by all

),

joined as (

    select
        call_sums.*,
        coalesce(element_sums.elements_filled, 0) as elements_filled,
        coalesce(element_sums.complete_leads, 0) as complete_leads,
        coalesce(opportunity_sums.converted_leads, 0) as converted_leads,
        call_sums.date <= {{ param('as_of') }} - {{ var('callback_opp_days') }} as is_mature_opp
    from call_sums
    left join element_sums
        on
            call_sums.date = element_sums.date
            and call_sums.agent = element_sums.agent
            and call_sums.direction = element_sums.direction
            and call_sums.campaign = element_sums.campaign
    left join opportunity_sums
        on
            call_sums.date = opportunity_sums.date
            and call_sums.agent = opportunity_sums.agent
            and call_sums.direction = opportunity_sums.direction
            and call_sums.campaign = opportunity_sums.campaign

),

final as (

    select
        date,
        agent,
        direction,
        campaign,
        attempts,
        called_leads,
        answered,
        effective_connects,
        effective_connected_leads,
        {{ safe_div('answered', 'attempts') }} as connect_rate,
        {{ safe_div('rejected', 'attempts') }} as reject_rate,
        rejected as reject_rate_num,
        attempts as reject_rate_den,
        {{ safe_div('refused', 'answered') }} as refusal_rate,
        refused as refusal_rate_num,
        answered as refusal_rate_den,
        cast(talk_seconds as bigint) as talk_seconds,
        intent_a,
        intent_b,
        intent_c,
        intent_d,
        {{ safe_div('elements_filled', '(7 * called_leads)') }} as elements_rate,
        cast(elements_filled as bigint) as elements_rate_num,
        7 * called_leads as elements_rate_den,
        {{ safe_div('complete_leads', 'called_leads') }} as elements_complete_share,
        complete_leads as elements_complete_share_num,
        called_leads as elements_complete_share_den,
        case
            when is_mature_opp
                then {{ safe_div('converted_leads', 'effective_connected_leads') }}
        end as to_opp_rate,
        case when is_mature_opp then converted_leads end as to_opp_rate_num,
        case when is_mature_opp then effective_connected_leads end as to_opp_rate_den,
        {{ safe_div('csat_num', 'csat_den') }} as csat,
        csat_num,
        csat_den
    from joined

)

select * from final
