{# A value of the one row of run.parameters: as_of, as_of_end, run_id. Models never read the clock. #}
{% macro param(name) -%}
(select parameters.{{ name }} from run.parameters as parameters)
{%- endmacro %}


{# Business dates that the changed batches of some entities can change: a subquery with one column. #}
{% macro touched_dates(entities) -%}
(
    select touched.business_date
    from run.touched_dates as touched
    where touched.entity in ('{{ ([entities] if entities is string else entities) | join("', '") }}')
)
{%- endmacro %}


{#
    Accepted rows of the batches that hold a copy of an event of an entity on a touched date: every
    row that can decide what a touched date holds. Older files are not even opened.
#}
{% macro touched_rows(entity) -%}
touched.{{ entity }}
{%- endmacro %}
