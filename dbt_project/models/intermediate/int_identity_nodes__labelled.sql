-- One row per labelled node with its label, the first login to reach it (identity rule 3). A node
-- was reached over the edge edge_no; the end of that edge that was reached earlier leads on to the
-- login, edge by smaller edge.
with recursive

reached as (

    select * from {{ ref('int_identity_nodes__reached') }}

),

edges as (

    select * from {{ ref('int_identity_edges__collected') }}
    where not is_blocked and not is_capped

),

near_ends as (

    select
        edges.edge_no,
        case when first_ends.edge_no < edges.edge_no then edges.node_a else edges.node_b end
            as node_no,
        least(first_ends.edge_no, second_ends.edge_no) as next_edge_no,
    from edges
    inner join reached as first_ends
        on edges.node_a = first_ends.node_no
    inner join reached as second_ends
        on edges.node_b = second_ends.node_no
    where edges.edge_no in (select taken.edge_no from reached as taken)

),

chains as (

    select
        edge_no,
        node_no,
        next_edge_no,
    from near_ends

    union all

    select
        chains.edge_no,
        near_ends.node_no,
        near_ends.next_edge_no,
    from chains
    inner join near_ends
        on chains.next_edge_no = near_ends.edge_no

),

labels as (

    select
        edge_no,
        node_no as label_no,
    from chains
    where next_edge_no = 0

),

final as (

    select
        reached.node_no,
        coalesce(labels.label_no, reached.node_no) as label_no,
    from reached
    left join labels
        on reached.edge_no = labels.edge_no

)

select * from final
