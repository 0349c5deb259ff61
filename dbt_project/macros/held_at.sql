{#
    Condition: the row of map_identity named `identities` is the one that holds at an instant. Its
    first period also holds for whatever came before it. Only cookies and devices have several.
#}
{% macro held_at(identities, instant) -%}
(
    {{ identities }}.period_no = 1 or {{ instant }} >= {{ identities }}.valid_from
)
and ({{ identities }}.valid_to is null or {{ instant }} < {{ identities }}.valid_to)
{%- endmacro %}
