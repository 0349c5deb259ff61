with

nodes as (

    select * from {{ ref('int_identity_nodes__named') }}

),

handed as (

    select * from {{ ref('int_identity_periods__handed') }}

),

handed_ids as (

    select distinct id_type, id_value from handed

),

final as (

    select
        nodes.node_type as id_type,
        nodes.node_value as id_value,
        cast(1 as bigint) as period_no,
        nodes.person_id,
        nodes.first_seen as valid_from,
        cast(null as timestamptz) as valid_to,
        nodes.joined_at as known_from,
    from nodes
    left join handed_ids
        on nodes.node_type = handed_ids.id_type and nodes.node_value = handed_ids.id_value
    where handed_ids.id_value is null

    union all

    select
        id_type,
        id_value,
        period_no,
        person_id,
        valid_from,
        valid_to,
        known_from,
    from handed

)

select * from final
