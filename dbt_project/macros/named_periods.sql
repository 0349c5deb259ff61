{#
    SELECT of the periods in which what a key is called stays the same (SCD2): the columns of `keys`
    and `names`, valid_from, and next_from, the begin of the next period, NULL in the last one. The
    relation has one row per key and `at`, the instant or date from which its names hold.
#}
{% macro named_periods(relation, keys, names, at) -%}
{%- set series = 'over (partition by ' ~ keys | join(', ') ~ ' order by ' ~ at ~ ')' -%}
select
    {{ keys | join(', ') }},
    {{ names | join(', ') }},
    {{ at }} as valid_from,
    lead({{ at }}) {{ series }} as next_from,
from (
    select
        *,
        row_number() {{ series }} = 1
        {%- for name in names %}
        or {{ name }} is distinct from lag({{ name }}) {{ series }}
        {%- endfor %} as is_change,
    from {{ relation }}
) as named
where is_change
{%- endmacro %}


{# The newest name that the rows of a key say up to `at`; a row that says none leaves it as it was. #}
{% macro last_said(name, keys, at) -%}
max_by({{ name }}, case when {{ name }} is not null then {{ at }} end) over (
    partition by {{ keys | join(', ') }} order by {{ at }}
    rows between unbounded preceding and current row
)
{%- endmacro %}
