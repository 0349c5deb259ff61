-- One row per node that has an edge, with the edge that joined it to the earliest node of its person
-- (0 for that one).
{% set imports %}
grouped as (

    select * from {{ ref('int_identity_nodes__grouped') }}

),

accepted as (

    select * from {{ ref('int_identity_edges__accepted') }}

),

roots as (

    select node_no
    from grouped
    where
        node_no = root_no
        and node_no in (
            select accepted.node_a from accepted
            union
            select accepted.node_b from accepted
        )

),
{% endset %}
{{ reached_nodes(imports, 'roots', 'accepted') }}
