-- One row per node with the edge that joined it to the earliest node of its person (0 for that one).
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
    where node_no = root_no

),
{% endset %}
{{ reached_nodes(imports, 'roots', 'accepted') }}
