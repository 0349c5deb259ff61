-- Sessions, forms, calls and first registrations of persons with the company they count for: the company that the
-- person is in at that instant, else the next one that the person joins by the end of as_of.
with

touchpoints as (

    select * from {{ ref('fct_touchpoint') }}
    where touched_at < {{ param('as_of_end') }}

),

registrations as (

    select * from {{ ref('int_persons__registered') }}

),

memberships as (

    select
        person_id,
        company_id,
        coalesce(
            lag(valid_to) over (partition by person_id order by valid_from),
            timestamptz '0001-01-01 00:00:00+00'
        ) as claims_from,
        coalesce(valid_to, {{ param('as_of_end') }}) as claims_until,
    from {{ ref('bridge_person_company') }}
    where valid_from < {{ param('as_of_end') }}

),

touches as (

    select person_id, touched_at, kind from touchpoints
    union all
    select person_id, registered_at as touched_at, 'registration' as kind from registrations

),

final as (

    select
        touches.person_id,
        memberships.company_id,
        touches.touched_at,
        touches.kind,
    from touches
    left join memberships
        on
            touches.person_id = memberships.person_id
            and touches.touched_at >= memberships.claims_from
            and touches.touched_at < memberships.claims_until

)

select * from final
