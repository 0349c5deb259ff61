{# Price of a subscription item for one period, in its currency: of widths that neither engine rounds. #}
{% macro period_price(item) -%}
cast(cast({{ item }}.seats as decimal(10, 0)) * {{ item }}.unit_price as decimal(28, 10))
{%- endmacro %}
