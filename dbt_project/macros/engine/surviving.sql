{#
    Every record of a relation with the record that survives its merges (G13): columns id_value,
    survivor_id. A merge into a record that does not exist is none; a ring of merges ends at its
    smallest id. Paths may be of any length.
#}
{% macro surviving(relation, id) -%}
{{ adapter.dispatch('surviving', 'throughline')(relation, id) }}
{%- endmacro %}

{% macro default__surviving(relation, id) -%}
with recursive

records as (

    select
        {{ id }} as id_value,
        merged_into_id,
    from {{ relation }}

),

links as (

    select
        records.id_value,
        records.merged_into_id,
    from records
    inner join records as targets
        on records.merged_into_id = targets.id_value
    where records.merged_into_id <> records.id_value

),

paths as (

    select
        links.id_value,
        links.merged_into_id as reached_id,
    from links

    union

    select
        paths.id_value,
        links.merged_into_id as reached_id,
    from paths
    inner join links
        on paths.reached_id = links.id_value

),

ends as (

    select
        paths.id_value,
        coalesce(
            min(case when links.id_value is null then paths.reached_id end), min(paths.reached_id)
        ) as survivor_id,
    from paths
    left join links
        on paths.reached_id = links.id_value
    group by paths.id_value

),

final as (

    select
        records.id_value,
        coalesce(ends.survivor_id, records.id_value) as survivor_id,
    from records
    left join ends
        on records.id_value = ends.id_value

)

select * from final
{%- endmacro %}

{% macro spark__surviving(relation, id) -%}
{%- set links = beside('links', 'select records.' ~ id ~ ' as id_value, records.merged_into_id as reached_id
    from ' ~ relation ~ ' as records
    inner join ' ~ relation ~ ' as targets on records.merged_into_id = targets.' ~ id ~ '
    where records.merged_into_id <> records.' ~ id) -%}
{%- set step = 'select id_value, reached_id from {rows}
    union
    select near.id_value, far.reached_id
    from {rows} as near
    inner join {rows} as far on near.reached_id = far.id_value' -%}
{%- set paths = settled('select id_value, reached_id from ' ~ links, step, 'count(*)') -%}
with

ends as (

    select
        paths.id_value,
        coalesce(
            min(case when links.id_value is null then paths.reached_id end), min(paths.reached_id)
        ) as survivor_id,
    from {{ paths }} as paths
    left join {{ links }} as links
        on paths.reached_id = links.id_value
    group by paths.id_value

),

final as (

    select
        records.{{ id }} as id_value,
        coalesce(ends.survivor_id, records.{{ id }}) as survivor_id,
    from {{ relation }} as records
    left join ends
        on records.{{ id }} = ends.id_value

)

select * from final
{%- endmacro %}
