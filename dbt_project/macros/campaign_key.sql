{# A campaign as every table keys it: trimmed, lower case, (none) where there is none. #}
{% macro campaign_key(campaign) -%}
coalesce(nullif(lower(trim({{ campaign }})), ''), '(none)')
{%- endmacro %}
