{# A campaign as every table keys it: url-decoded, trimmed, lower case, (none) where there is none. #}
{% macro campaign_key(campaign) -%}
coalesce({{ normal_token(campaign) }}, '(none)')
{%- endmacro %}
