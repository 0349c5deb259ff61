with

identities as (

    select * from {{ ref('map_identity') }}

),

grouped as (

    select * from {{ ref('int_identity_nodes__grouped') }}

),

memberships as (

    select * from {{ ref('bridge_person_company') }}
    where
        valid_from < {{ param('as_of_end') }}
        and (valid_to is null or valid_to >= {{ param('as_of_end') }})

),

contacts as (

    select * from {{ ref('stg_contact') }}
    where not coalesce(is_deleted, false)

),

leads as (

    select * from {{ ref('stg_lead') }}

),

touchpoints as (

    select * from {{ ref('fct_touchpoint') }}
    where person_id is not null

),

persons as (

    select
        identities.person_id,
        min(grouped.first_seen) as first_seen_at,
    from identities
    inner join grouped
        on identities.id_type = grouped.node_type and identities.id_value = grouped.node_value
    group by identities.person_id

),

-- What a contact record says counts before what a lead record says, the newer before the older.
statements as (

    select
        identities.person_id,
        1 as source_rank,
        coalesce(contacts.updated_at, contacts._loaded_at) as said_at,
        contacts.contact_id as record_id,
        contacts.title,
        contacts.role,
    from contacts
    inner join identities
        on identities.id_type = 'contact_id' and contacts.contact_id = identities.id_value

    union all

    select
        identities.person_id,
        2 as source_rank,
        coalesce(leads.updated_at, leads._loaded_at) as said_at,
        leads.lead_id as record_id,
        leads.title,
        null as role,
    from leads
    inner join identities
        on identities.id_type = 'lead_id' and leads.lead_id = identities.id_value

),

titles as (

    select
        person_id,
        title,
    from statements
    where title is not null
    qualify row_number() over (
        partition by person_id order by source_rank, said_at desc, record_id
    ) = 1

),

roles as (

    select
        person_id,
        role,
    from statements
    where role is not null
    qualify row_number() over (
        partition by person_id order by source_rank, said_at desc, record_id
    ) = 1

),

first_touches as (

    select
        person_id,
        min_by(channel_id, (touched_at, touch_rank, touch_id)) as channel_id,
    from touchpoints
    group by person_id

),

final as (

    select
        persons.person_id,
        memberships.company_id,
        titles.title,
        roles.role as buyer_role,
        first_touches.channel_id as first_channel_id,
        persons.first_seen_at,
    from persons
    left join memberships
        on persons.person_id = memberships.person_id
    left join titles
        on persons.person_id = titles.person_id
    left join roles
        on persons.person_id = roles.person_id
    left join first_touches
        on persons.person_id = first_touches.person_id

)

select * from final
