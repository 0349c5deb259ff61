-- One row per edge that the guards let through and that lies within one person; the others would
-- join two logins.
with

edges as (

    select * from {{ ref('int_identity_edges__collected') }}
    where not is_blocked and not is_capped

),

grouped as (

    select * from {{ ref('int_identity_nodes__grouped') }}

),

final as (

    select
        edges.edge_no,
        edges.node_a,
        edges.node_b,
    from edges
    inner join grouped as first_ends
        on edges.node_a = first_ends.node_no
    inner join grouped as second_ends
        on edges.node_b = second_ends.node_no
    where first_ends.root_no = second_ends.root_no

)

select * from final
