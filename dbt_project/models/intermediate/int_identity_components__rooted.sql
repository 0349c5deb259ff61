-- One row per node that has an edge but no login reaches, with the earliest node of its component.
{% set imports %}
edges as (

    select * from {{ ref('int_identity_edges__collected') }}

),

labelled as (

    select * from {{ ref('int_identity_nodes__labelled') }}

),

plain as (

    select
        edges.node_a,
        edges.node_b,
    from edges
    left join labelled
        on edges.node_a = labelled.node_no
    where not edges.is_blocked and not edges.is_capped and labelled.node_no is null

),
{% endset %}
{{ component_roots(imports, 'plain') }}
