with

nodes as (

    select * from {{ ref('int_identity_nodes__named') }}

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

profiles as (

    select * from {{ ref('stg_person_profile') }}

),

assigned_tags as (

    select * from {{ ref('stg_tag_assignment') }}
    where
        subject_type = 'person'
        and valid_from < {{ param('as_of_end') }}
        and coalesce(valid_to >= {{ param('as_of_end') }}, true)

),

keys as (

    select * from {{ ref('int_customer_uids__identified') }}

),

persons as (

    select
        person_id,
        min(first_seen) as first_seen_at,
    from nodes
    group by person_id

),

-- What a contact record says counts before what a lead record says, the newer before the older.
statements as (

    select
        nodes.person_id,
        1 as source_rank,
        coalesce(contacts.updated_at, contacts._loaded_at) as said_at,
        contacts.contact_id as record_id,
        contacts.title,
        contacts.role,
    from contacts
    inner join nodes
        on nodes.node_type = 'contact_id' and contacts.contact_id = nodes.node_value

    union all

    select
        nodes.person_id,
        2 as source_rank,
        coalesce(leads.updated_at, leads._loaded_at) as said_at,
        leads.lead_id as record_id,
        leads.title,
        null as role,
    from leads
    inner join nodes
        on nodes.node_type = 'lead_id' and leads.lead_id = nodes.node_value

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

-- A person with several keys has several profiles: the one that was said last counts.
last_profiles as (

    select
        keys.person_id,
        profiles.gender,
        extract(year from {{ param('as_of') }}) - profiles.birth_year as age,
        profiles.region,
        profiles.occupation,
        profiles.marketing_consent,
        profiles.opted_out_at,
    from profiles
    inner join keys
        on profiles.person_key = keys.customer_uid
    qualify row_number() over (
        partition by keys.person_id order by profiles.updated_at desc, profiles.person_key
    ) = 1

),

tags as (

    select
        keys.person_id,
        {{ texts_listed(
            "assigned_tags.tag || case when assigned_tags.value = '(none)' then ''
                else '=' || assigned_tags.value end"
        ) }} as tags,
    from assigned_tags
    inner join keys
        on assigned_tags.subject_id = keys.customer_uid
    group by keys.person_id

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
        memberships.valid_from as company_since,
        titles.title,
        roles.role as buyer_role,
        tags.tags,
        last_profiles.gender,
        case
            when last_profiles.age is null then 'unknown'
            when last_profiles.age < 18 then '<18'
            when last_profiles.age < 25 then '18-24'
            when last_profiles.age < 35 then '25-34'
            when last_profiles.age < 45 then '35-44'
            when last_profiles.age < 55 then '45-54'
            else '55+'
        end as age_band,
        last_profiles.region,
        last_profiles.occupation,
        coalesce(last_profiles.marketing_consent, false)
        and coalesce(last_profiles.opted_out_at >= {{ param('as_of_end') }}, true) as has_consent,
        first_touches.channel_id as first_channel_id,
        persons.first_seen_at,
    from persons
    left join memberships
        on persons.person_id = memberships.person_id
    left join titles
        on persons.person_id = titles.person_id
    left join roles
        on persons.person_id = roles.person_id
    left join tags
        on persons.person_id = tags.person_id
    left join last_profiles
        on persons.person_id = last_profiles.person_id
    left join first_touches
        on persons.person_id = first_touches.person_id

)

select * from final
