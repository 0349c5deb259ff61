-- What identity knows and what it refused (identity rule 7).
with

nodes as (

    select * from {{ ref('int_identity_nodes__named') }}

),

-- A cookie, a device or an event's own key tells nobody who a person is.
known as (

    select
        person_id,
        sum(case when node_type = 'login_id' then 1 else 0 end) as logins,
    from nodes
    where node_type not in ('anonymous_id', 'device_id', 'event_person_key')
    group by person_id

),

rejected as (

    select * from {{ ref('int_identity_rejected_edge') }}

),

phones as (

    select value_a as phone_hash, type_b as other_type, value_b as other_value,
    from rejected
    where type_a = 'phone_hash'
    union all
    select value_b, type_a, value_a
    from rejected
    where type_b = 'phone_hash'

),

torn as (

    select count(distinct phones.phone_hash) as under_merges
    from phones
    left join nodes as own
        on own.node_type = 'phone_hash' and phones.phone_hash = own.node_value
    left join nodes as others
        on phones.other_type = others.node_type and phones.other_value = others.node_value
    where own.person_id is distinct from others.person_id

),

sessions as (

    select
        count(*) as sessions,
        count(known.person_id) as linked,
    from {{ ref('fct_web_session') }} as sessions
    left join known
        on sessions.person_id = known.person_id

),

leads as (

    select
        count(*) as leads,
        count(company_id) as matched,
    from {{ ref('fct_lead') }}
    where is_kept

),

orders as (

    select
        count(*) as orders,
        count(person_id) as resolved,
    from {{ ref('fct_order') }}

),

messages as (

    select
        sum(events) as messages,
        sum(case when person_id is not null then events else 0 end) as resolved,
    from {{ ref('fct_scrm_interaction') }}
    where kind = 'message'

),

staff as (

    select
        count(*) as owners,
        count(employee_id) as employees,
    from {{ ref('stg_owner') }}
    where
        valid_from <= {{ param('as_of') }}
        and coalesce(valid_to, {{ param('as_of') }}) >= {{ param('as_of') }}
        and not coalesce(is_deleted, false)

),

refusals as (

    select count(*) as merge_rejects from rejected

),

merged as (

    select count(*) as over_merges
    from known
    where logins > 1

),

final as (

    select
        {{ param('run_id') }} as run_id,
        {{ safe_div('sessions.linked', 'sessions.sessions') }} as session_person_link_rate,
        {{ safe_div('leads.matched', 'leads.leads') }} as lead_company_match_rate,
        {{ safe_div('orders.resolved', 'orders.orders') }} as orders_person_rate,
        {{ safe_div('messages.resolved', 'messages.messages') }} as messages_person_rate,
        {{ safe_div('staff.employees', 'staff.owners') }} as staff_employee_rate,
        refusals.merge_rejects,
        merged.over_merges,
        torn.under_merges,
    from sessions
    cross join leads
    cross join orders
    cross join messages
    cross join staff
    cross join refusals
    cross join merged
    cross join torn

)

select * from final
