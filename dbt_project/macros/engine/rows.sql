{#
    Rows written down, for each row of a query: in a SELECT list, `rows` (a list of mappings of
    column to expression) become columns and as many rows.
#}
{% macro rows_each(rows) -%}
{{ adapter.dispatch('rows_each', 'throughline')(rows) }}
{%- endmacro %}

{% macro default__rows_each(rows) -%}
unnest([
    {% for row in rows -%}
    { {%- for name, value in row.items() %}'{{ name }}': {{ value }}{{ ', ' if not loop.last }}{% endfor -%} }
    {{- ',' if not loop.last }}
    {% endfor %}
], recursive := true)
{%- endmacro %}

{% macro spark__rows_each(rows) -%}
inline(array(
    {% for row in rows -%}
    named_struct({% for name, value in row.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %})
    {{- ',' if not loop.last }}
    {% endfor %}
))
{%- endmacro %}


{# A struct of named expressions; an aggregate that skips NULL keeps one with NULL in it. #}
{% macro packed(values) -%}
{{ adapter.dispatch('packed', 'throughline')(values) }}
{%- endmacro %}

{% macro default__packed(values) -%}
struct_pack({% for name, value in values.items() %}{{ name }} := {{ value }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro spark__packed(values) -%}
named_struct({% for name, value in values.items() %}'{{ name }}', {{ value }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}


{# Aggregate: the different texts of a group in order, with commas between them; NULL for none. #}
{% macro texts_listed(text) -%}
{{ adapter.dispatch('texts_listed', 'throughline')(text) }}
{%- endmacro %}

{% macro default__texts_listed(text) -%}
string_agg(distinct {{ text }}, ', ' order by {{ text }})
{%- endmacro %}

{% macro spark__texts_listed(text) -%}
nullif(array_join(array_sort(collect_set({{ text }})), ', '), '')
{%- endmacro %}
