-- One row per admitted edge between two nodes that no login reaches.
with

edges as (

    select * from {{ ref('int_identity_edges__admitted') }}

),

labelled as (

    select * from {{ ref('int_identity_nodes__labelled') }}

),

final as (

    select
        edges.edge_no,
        edges.node_a,
        edges.node_b,
    from edges
    left join labelled
        on edges.node_a = labelled.node_no
    where labelled.node_no is null

)

select * from final
