-- L09: the instant at which each of the seven elements of a kept lead was first known. What the
-- CRM record says is known from the lead's creation, what an answered call says from its start.
with

leads as (

    select * from {{ ref('fct_lead') }}
    where created_at < {{ param('as_of_end') }}

),

records as (

    select * from {{ ref('stg_lead') }}

),

calls as (

    select * from {{ ref('int_calls__assigned') }}
    where is_answered and lead_id is not null

),

profiles as (

    select
        coalesce(leads.kept_lead_id, leads.lead_id) as lead_id,
        leads.created_at as captured_at,
        {{ is_said('records.company_name') }}
        and {{ is_said('records.industry') }}
        and {{ is_said('records.headcount_raw') }} as has_company,
        {{ is_said('records.title') }} and records.name_hash is not null as has_contact
    from leads
    inner join records
        on leads.lead_id = records.lead_id

),

captures as (

    select lead_id, 1 as element_no, captured_at from profiles where has_company
    union all
    select lead_id, 2 as element_no, captured_at from profiles where has_contact
    union all
    select lead_id, 1 as element_no, start_at as captured_at from calls where e1_filled
    union all
    select lead_id, 2 as element_no, start_at as captured_at from calls where e2_filled
    union all
    select lead_id, 3 as element_no, start_at as captured_at from calls where e3_filled
    union all
    select lead_id, 4 as element_no, start_at as captured_at from calls where e4_filled
    union all
    select lead_id, 5 as element_no, start_at as captured_at from calls where e5_filled
    union all
    select lead_id, 6 as element_no, start_at as captured_at from calls where e6_filled
    union all
    select lead_id, 7 as element_no, start_at as captured_at from calls where e7_filled

),

final as (

    select
        lead_id,
        element_no,
        min(captured_at) as captured_at
    from captures
    group by all

)

select * from final
