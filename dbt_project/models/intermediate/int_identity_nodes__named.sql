-- One row per node with the person that the graph gives it (identity rules 2-4), and since when
-- something joined the two.
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

final as (

    select
        grouped.node_type,
        grouped.node_value,
        {{ hash_id(['roots.node_type', 'roots.node_value']) }} as person_id,
        grouped.first_seen,
        greatest(grouped.first_seen, coalesce(edges.first_seen, grouped.first_seen)) as joined_at,
    from grouped
    inner join grouped as roots
        on grouped.root_no = roots.node_no
    left join joined
        on grouped.node_no = joined.node_no
    left join edges
        on joined.edge_no = edges.edge_no

)

select * from final
