-- L02, D14, D41: when a kept lead first met all conditions of a valid lead, and whether it still
-- does. Contact, need and elements stay once they are there; only the status can come and go.
with

leads as (

    select * from {{ ref('fct_lead') }}
    where is_kept and created_at < {{ param('as_of_end') }}

),

calls as (

    select * from {{ ref('int_calls__assigned') }}
    where is_effective_connect and lead_id is not null

),

registrations as (

    select * from {{ ref('int_persons__registered') }}
    where verified_at is not null

),

elements as (

    select * from {{ ref('int_lead_elements__captured') }}

),

status_changes as (

    select * from {{ ref('stg_lead_status_history') }}
    where changed_at < {{ param('as_of_end') }}

),

connects as (

    select
        lead_id,
        min(start_at) as connected_at
    from calls
    group by all

),

ranked_elements as (

    select
        lead_id,
        element_no,
        captured_at,
        row_number() over (partition by lead_id order by captured_at, element_no) as rank_no
    from elements

),

needs as (

    select
        lead_id,
        max(case when element_no = 3 then captured_at end) as need_at,
        max(case when rank_no = {{ var('valid_lead_min_elements') }} then captured_at end)
            as enough_at
    from ranked_elements
    group by all

),

-- From when on one of the four reasons holds: the last change to invalid, or the lead's creation.
rejections as (

    select
        leads.lead_id,
        coalesce(max(status_changes.changed_at), leads.created_at) as rejected_at
    from leads
    left join status_changes
        on
            leads.lead_id = status_changes.lead_id
            and status_changes.status = 'invalid'
    where leads.invalid_reason in ('test', 'competitor', 'student', 'supplier')
    group by leads.lead_id, leads.created_at

),

candidates as (

    select
        leads.lead_id,
        leads.status,
        leads.created_at,
        leads.company_id,
        rejections.rejected_at,
        case
            when
                leads.company_id is not null
                and needs.need_at is not null
                and needs.enough_at is not null
                and (connects.connected_at is not null or registrations.verified_at is not null)
                then greatest(
                    leads.created_at,
                    needs.need_at,
                    needs.enough_at,
                    least(
                        coalesce(connects.connected_at, registrations.verified_at),
                        coalesce(registrations.verified_at, connects.connected_at)
                    )
                )
        end as complete_at
    from leads
    left join needs
        on leads.lead_id = needs.lead_id
    left join connects
        on leads.lead_id = connects.lead_id
    left join registrations
        on leads.person_id = registrations.person_id
    left join rejections
        on leads.lead_id = rejections.lead_id

),

-- The status in force at complete_at; before the first change a lead is not invalid, and without
-- any history the status of the record has always been the status.
known_changes as (

    select
        lead_id,
        changed_at,
        status,
        lead(changed_at) over (partition by lead_id order by changed_at) as next_changed_at
    from status_changes

),

spans as (

    select lead_id, changed_at as begins_at, next_changed_at as ends_at, status
    from known_changes

    union all

    select
        leads.lead_id,
        leads.created_at as begins_at,
        min(status_changes.changed_at) as ends_at,
        case when count(status_changes.changed_at) > 0 then 'new' else leads.status end as status
    from leads
    left join status_changes
        on leads.lead_id = status_changes.lead_id
    group by leads.lead_id, leads.created_at, leads.status

),

first_moments as (

    select
        candidates.lead_id,
        min(greatest(candidates.complete_at, spans.begins_at)) as valid_at
    from candidates
    inner join spans
        on
            candidates.lead_id = spans.lead_id
            and spans.status <> 'invalid'
            and (spans.ends_at is null or spans.ends_at > candidates.complete_at)
            and (
                candidates.rejected_at is null
                or greatest(candidates.complete_at, spans.begins_at) < candidates.rejected_at
            )
    where candidates.complete_at is not null
    group by all

),

final as (

    select
        candidates.lead_id,
        candidates.company_id,
        coalesce(
            first_moments.valid_at is not null
            and candidates.status <> 'invalid'
            and candidates.rejected_at is null,
            false
        ) as is_valid,
        candidates.created_at,
        first_moments.valid_at
    from candidates
    left join first_moments
        on candidates.lead_id = first_moments.lead_id

)

select * from final
