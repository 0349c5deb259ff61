-- Numbers of a period: ISO weeks, and calendar months, from one date to another.
{% macro weeks_between(first, last) -%}
    cast({{ days_between(
        "date_trunc('week', " ~ first ~ ")::date", "date_trunc('week', " ~ last ~ ")::date"
    ) }} / 7 as bigint)
{%- endmacro %}

{% macro months_between(first, last) -%}
    (year({{ last }}) - year({{ first }})) * 12 + month({{ last }}) - month({{ first }})
{%- endmacro %}
