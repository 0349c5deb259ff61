{#
    SELECT of the rows of several CTEs under each other: `keys` are columns of all of them, `parts`
    names the further columns of each; a column that a CTE has not is NULL in its rows.
#}
{% macro stacked(keys, parts) -%}
{%- set columns = [] -%}
{%- for own in parts.values() -%}{%- do columns.extend(own) -%}{%- endfor -%}
{%- for cte, own in parts.items() %}
select
    {{ keys | join(', ') }},
    {% for column in columns -%}
    {{ column if column in own else 'null as ' ~ column }}{{ ',\n    ' if not loop.last }}
    {%- endfor %}
from {{ cte }}
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{%- endmacro %}
