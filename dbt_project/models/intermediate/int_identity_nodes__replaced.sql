-- One row per node that a record named once and nothing names any more, because it was corrected or
-- deleted: with a node that the record still has, the one it told last. A person that the former
-- named is found again through the latter.
with

nodes as (

    select * from {{ ref('int_identity_nodes__named') }}

),

told as (

    select
        record_type,
        record_id,
        said_at,
        {{ rows_each([
            {'node_type': 'record_type', 'node_value': 'record_id'},
            {'node_type': "'phone_hash'", 'node_value': 'phone_hash'},
            {'node_type': "'email_hash'", 'node_value': 'email_hash'},
            {'node_type': "'unionid'", 'node_value': 'unionid'}
        ]) }},
    from {{ ref('stg_contact_detail_version') }}

),

details as (

    select
        record_type,
        record_id,
        node_type,
        node_value,
        max(said_at) as last_said_at,
    from told
    where node_value is not null
    group by all

),

gone as (

    select details.*
    from details
    left join nodes
        on details.node_type = nodes.node_type and details.node_value = nodes.node_value
    where nodes.node_value is null

),

living as (

    select
        details.*,
        nodes.person_id,
        {{ node_priority('details.node_type') }} as type_priority,
    from details
    inner join nodes
        on details.node_type = nodes.node_type and details.node_value = nodes.node_value

),

corrections as (

    select
        gone.record_type,
        gone.record_id,
        gone.node_type,
        gone.node_value,
        min(versions.said_at) as replaced_at,
    from gone
    inner join {{ ref('stg_contact_detail_version') }} as versions
        on
            gone.record_type = versions.record_type
            and gone.record_id = versions.record_id
            and versions.said_at > gone.last_said_at
    group by all

),

ranked as (

    select
        gone.node_type,
        gone.node_value,
        living.person_id,
        coalesce(corrections.replaced_at, gone.last_said_at) as replaced_at,
        row_number() over (
            partition by gone.node_type, gone.node_value
            order by
                living.last_said_at desc,
                living.type_priority,
                living.node_value,
                gone.record_type,
                gone.record_id
        ) as place,
    from gone
    inner join living
        on gone.record_type = living.record_type and gone.record_id = living.record_id
    left join corrections
        on
            gone.record_type = corrections.record_type
            and gone.record_id = corrections.record_id
            and gone.node_type = corrections.node_type
            and gone.node_value = corrections.node_value

),

final as (

    select
        node_type,
        node_value,
        person_id,
        replaced_at,
    from ranked
    where place = 1

)

select * from final
