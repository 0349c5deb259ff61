{# Rank of a node type where two nodes were first seen at the same instant (identity rule 4). #}
{% macro node_priority(node_type) -%}
case {{ node_type }}
    when 'login_id' then 1
    when 'contact_id' then 2
    when 'phone_hash' then 3
    when 'email_hash' then 4
    when 'unionid' then 5
    when 'anonymous_id' then 6
    when 'lead_id' then 7
    when 'device_id' then 8
    when 'event_person_key' then 9
end
{%- endmacro %}


{#
    SELECT of the nodes that can be reached from the relation `sources` (column node_no) along the
    relation `edges` (edge_no, node_a, node_b), both names of CTEs in `imports`: columns node_no and edge_no, the largest edge of the path whose
    largest edge is smallest (0 at a source). Edges are numbered in the order they are taken in, so
    edge_no is the moment a node is reached. Paths may be of any length: the recursion ends when no
    row changes.
#}
{% macro reached_nodes(imports, sources, edges) -%}
{{ adapter.dispatch('reached_nodes', 'throughline')(imports, sources, edges) }}
{%- endmacro %}

{% macro default__reached_nodes(imports, sources, edges) -%}
with recursive

{{ imports }}

steps as (

    select node_a as from_no, node_b as to_no, edge_no from {{ edges }}
    union all
    select node_b as from_no, node_a as to_no, edge_no from {{ edges }}

),

reached (node_no, edge_no) using key (node_no) as (

    select
        node_no,
        cast(0 as bigint) as edge_no,
    from {{ sources }}

    union

    select
        steps.to_no as node_no,
        min(greatest(reached.edge_no, steps.edge_no)) as edge_no,
    from reached
    inner join steps
        on reached.node_no = steps.from_no
    left join recurring.reached as known
        on steps.to_no = known.node_no
    where known.node_no is null or greatest(reached.edge_no, steps.edge_no) < known.edge_no
    group by steps.to_no

)

select
    node_no,
    edge_no,
from reached
{%- endmacro %}

{% macro spark__reached_nodes(imports, sources, edges) -%}
{%- set links = beside('links', 'with ' ~ imports ~ '
    steps as (
        select node_a as from_no, node_b as to_no, edge_no from ' ~ edges ~ '
        union all
        select node_b as from_no, node_a as to_no, edge_no from ' ~ edges ~ '
    )
    select from_no, to_no, edge_no from steps') -%}
{%- set first = 'with ' ~ imports ~ '
    firsts as (select node_no, cast(0 as bigint) as edge_no from ' ~ sources ~ ')
    select node_no, edge_no from firsts' -%}
{%- set step = 'select node_no, min(edge_no) as edge_no
    from (
        select node_no, edge_no from {rows}
        union all
        select links.to_no, greatest(reached.edge_no, links.edge_no)
        from {rows} as reached
        inner join ' ~ links ~ ' as links on reached.node_no = links.from_no
    ) as ways
    group by node_no' -%}
select
    node_no,
    edge_no,
from {{ settled(first, step, 'count(*), sum(edge_no)') }}
{%- endmacro %}


{#
    SELECT of the smallest node of each node's connected component over `edges` (node_a, node_b), the
    name of a CTE in `imports`: columns node_no, root_no. Only nodes with an edge are listed.
#}
{% macro component_roots(imports, edges) -%}
{{ adapter.dispatch('component_roots', 'throughline')(imports, edges) }}
{%- endmacro %}

{% macro default__component_roots(imports, edges) -%}
with recursive

{{ imports }}

steps as (

    select node_a as from_no, node_b as to_no from {{ edges }}
    union
    select node_b as from_no, node_a as to_no from {{ edges }}

),

rooted (node_no, root_no) using key (node_no) as (

    select
        from_no as node_no,
        least(from_no, min(to_no)) as root_no,
    from steps
    group by from_no

    union

    select
        steps.to_no as node_no,
        min(rooted.root_no) as root_no,
    from rooted
    inner join steps
        on rooted.node_no = steps.from_no
    inner join recurring.rooted as known
        on steps.to_no = known.node_no
    where rooted.root_no < known.root_no
    group by steps.to_no

)

select
    node_no,
    root_no,
from rooted
{%- endmacro %}

{% macro spark__component_roots(imports, edges) -%}
{%- set links = beside('links', 'with ' ~ imports ~ '
    steps as (
        select node_a as from_no, node_b as to_no from ' ~ edges ~ '
        union
        select node_b as from_no, node_a as to_no from ' ~ edges ~ '
    )
    select from_no, to_no from steps') -%}
{%- set first = 'select from_no as node_no, least(from_no, min(to_no)) as root_no
    from ' ~ links ~ ' group by from_no' -%}
{%- set step = 'select node_no, min(root_no) as root_no
    from (
        select node_no, root_no from {rows}
        union all
        select links.to_no, near.root_no
        from {rows} as near
        inner join ' ~ links ~ ' as links on near.node_no = links.from_no
        union all
        select near.node_no, far.root_no
        from {rows} as near
        inner join {rows} as far on near.root_no = far.node_no
    ) as ways
    group by node_no' -%}
select
    node_no,
    root_no,
from {{ settled(first, step, 'count(*), sum(root_no)') }}
{%- endmacro %}
