{# True where a typed text says something: not empty and not a placeholder (L09). #}
{% macro is_said(text) -%}
(
    lower(trim(coalesce({{ text }}, ''))) not in (
        '', '-', '--', '/', '.', '?', '0', 'n/a', 'na', 'none', 'null', 'unknown', 'tbd', '(none)',
        '无', '没有', '暂无', '不详', '不清楚', '不知道', '未知', '未填', '待定'
    )
)
{%- endmacro %}
