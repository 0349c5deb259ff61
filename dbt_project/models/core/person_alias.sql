with

grouped as (

    select * from {{ ref('int_identity_nodes__grouped') }}

),

joined as (

    select * from {{ ref('int_identity_nodes__joined') }}

),

edges as (

    select * from {{ ref('int_identity_edges__collected') }}

),

-- The nodes that one edge joined to a person were a person of their own until then.
absorbed as (

    select
        edge_no,
        min(node_no) as node_no,
    from joined
    where edge_no > 0
    group by edge_no

),

final as (

    select
        {{ hash_id(['olds.node_type', 'olds.node_value']) }} as old_id,
        {{ hash_id(['roots.node_type', 'roots.node_value']) }} as new_id,
        edges.first_seen as changed_at,
    from absorbed
    inner join grouped as olds
        on absorbed.node_no = olds.node_no
    inner join grouped as roots
        on olds.root_no = roots.node_no
    inner join edges
        on absorbed.edge_no = edges.edge_no
    where olds.first_seen < edges.first_seen

)

select * from final
