-- One row per node that a login reaches, with the largest edge on its way there (0 for a login).
{% set imports %}
nodes as (

    select * from {{ ref('int_identity_nodes__collected') }}

),

edges as (

    select * from {{ ref('int_identity_edges__collected') }}

),

logins as (

    select node_no
    from nodes
    where node_type = 'login_id'

),

admitted as (

    select
        edge_no,
        node_a,
        node_b,
    from edges
    where not is_blocked and not is_capped

),
{% endset %}
{{ reached_nodes(imports, 'logins', 'admitted') }}
