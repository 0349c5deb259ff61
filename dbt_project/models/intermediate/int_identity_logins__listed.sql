-- One row per login: the nodes that labels start from.
with

nodes as (

    select * from {{ ref('int_identity_nodes__collected') }}

),

final as (

    select
        node_no,
    from nodes
    where node_type = 'login_id'

)

select * from final
