{#
    Condition: the row of map_identity named `identities` is the one that holds at an instant. Its
    first period also holds for whatever came before it. Only cookies and devices have several.
    Comparisons alone: with an OR in it, DuckDB compares every row with every other in a left join.
#}
{% macro held_at(identities, instant) -%}
{{ instant }} >= case
        when {{ identities }}.period_no > 1 then {{ identities }}.valid_from
        else cast('1900-01-01 00:00:00+00' as timestamptz)
    end
    and {{ instant }}
    < coalesce({{ identities }}.valid_to, cast('9999-12-31 00:00:00+00' as timestamptz))
{%- endmacro %}
