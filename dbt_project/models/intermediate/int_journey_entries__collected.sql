-- One row per subject, stage and event that satisfies the stage's entry (the ladder of the seed
-- stage_map), up to the end of as_of; of stages that are entered once only the first of each kind.
-- source_rank decides between events of the same instant. Retained (7) follows from the cycles.
with

touches as (

    select * from {{ ref('int_journey_touches__claimed') }}

),

registrations as (

    select * from {{ ref('int_persons__registered') }}

),

accounts as (

    select * from {{ ref('stg_employee_account') }}
    where opened_at < {{ param('as_of_end') }}

),

identities as (

    select * from {{ ref('map_identity') }}

),

companies as (

    select * from {{ ref('int_companies__described') }}

),

leads as (

    select * from {{ ref('fct_lead') }}
    where created_at < {{ param('as_of_end') }}

),

validated as (

    select * from {{ ref('int_leads__validated') }}
    where valid_at is not null

),

days as (

    select * from {{ ref('int_journey_days__active') }}
    where first_core_at is not null

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}
    where accepted_at < {{ param('as_of_end') }}

),

contracts as (

    select * from {{ ref('int_journey_contracts__started') }}

),

person_openings as (

    select
        identities.person_id,
        min(accounts.opened_at) as opened_at,
    from accounts
    inner join identities
        on identities.id_type = 'login_id' and accounts.login_id = identities.id_value
    group by identities.person_id

),

-- A person signs up when the first account opens, else by the registration itself (S27).
signups as (

    select
        'person' as subject_type,
        coalesce(person_openings.person_id, registrations.person_id) as subject,
        coalesce(person_openings.opened_at, registrations.registered_at) as signed_up_at,
        {{ var('user_activation_days') }} as window_days,
    from person_openings
    full join registrations
        on person_openings.person_id = registrations.person_id

    union all

    select
        'company' as subject_type,
        company_id as subject,
        opened_at as signed_up_at,
        {{ var('company_activation_days') }} as window_days,
    from companies
    where opened_at < {{ param('as_of_end') }}

),

activations as (

    select
        days.subject_type,
        days.subject,
        days.first_core_at,
    from days
    inner join signups
        on
            days.subject_type = signups.subject_type
            and days.subject = signups.subject
            and days.business_date >= {{ business_date('signups.signed_up_at') }}
            and days.business_date
            <= {{ business_date('signups.signed_up_at') }} + signups.window_days

),

events as (

    select
        person_id,
        company_id,
        case when kind in ('web_session', 'link', 'content') then 1 else 2 end as stage_no,
        touched_at as entered_at,
        kind as source_event,
        case kind when 'registration' then 1 when 'form' then 2 else 3 end as source_rank,
    from touches

    union all

    select
        person_id,
        null as company_id,
        2 as stage_no,
        opened_at as entered_at,
        'registration' as source_event,
        1 as source_rank,
    from person_openings

    union all

    select
        null as person_id,
        company_id,
        2 as stage_no,
        registered_at as entered_at,
        'registration' as source_event,
        1 as source_rank,
    from companies
    where registered_at < {{ param('as_of_end') }}

    union all

    select
        person_id,
        company_id,
        2 as stage_no,
        created_at as entered_at,
        'lead' as source_event,
        4 as source_rank,
    from leads

    union all

    select
        leads.person_id,
        validated.company_id,
        3 as stage_no,
        validated.valid_at as entered_at,
        'valid_lead' as source_event,
        1 as source_rank,
    from validated
    inner join leads
        on validated.lead_id = leads.lead_id

    union all

    select
        case when subject_type = 'person' then subject end as person_id,
        case when subject_type = 'company' then subject end as company_id,
        4 as stage_no,
        first_core_at as entered_at,
        'core_feature' as source_event,
        1 as source_rank,
    from activations

    union all

    select
        person_id,
        company_id,
        5 as stage_no,
        accepted_at as entered_at,
        'opportunity' as source_event,
        1 as source_rank,
    from opportunities

    union all

    select
        person_id,
        company_id,
        6 as stage_no,
        started_at as entered_at,
        'paid_contract' as source_event,
        1 as source_rank,
    from contracts

    union all

    select
        person_id,
        company_id,
        8 as stage_no,
        started_at as entered_at,
        case when is_renewal then 'renewal' else 'cross_line_contract' end as source_event,
        case when is_renewal then 1 else 2 end as source_rank,
    from contracts
    where is_renewal or is_cross_line

),

subject_events as (

    select 'person' as subject_type, person_id as subject, events.* from events
    union all
    select 'company' as subject_type, company_id as subject, events.* from events

),

final as (

    select
        subject_type,
        subject,
        stage_no,
        min(entered_at) as entered_at,
        source_event,
        source_rank,
    from subject_events
    where subject is not null and entered_at is not null
    group by
        subject_type,
        subject,
        stage_no,
        source_event,
        source_rank,
        case when stage_no > 4 then entered_at end

)

select * from final
