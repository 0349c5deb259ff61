-- One row per node with the earliest node of its person (root_no), which names the person.
with

nodes as (

    select * from {{ ref('int_identity_nodes__collected') }}

),

labelled as (

    select * from {{ ref('int_identity_nodes__labelled') }}

),

components as (

    select * from {{ ref('int_identity_components__rooted') }}

),

label_roots as (

    select
        label_no,
        min(node_no) as root_no,
    from labelled
    group by label_no

),

final as (

    select
        nodes.node_no,
        nodes.node_type,
        nodes.node_value,
        labelled.label_no,
        coalesce(label_roots.root_no, components.root_no, nodes.node_no) as root_no,
        nodes.first_seen,
    from nodes
    left join labelled
        on nodes.node_no = labelled.node_no
    left join label_roots
        on labelled.label_no = label_roots.label_no
    left join components
        on nodes.node_no = components.node_no

)

select * from final
