{# A ratio that is NULL where there is nothing to divide by (G5): never 0, never infinite. #}
{% macro safe_div(numerator, denominator) -%}
(cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0))
{%- endmacro %}


{# An amount in the reporting currency at a day's rate (G7); a missing rate fails the run. #}
{% macro to_reporting(amount, currency, day) -%}
case
    when {{ amount }} is null then null
    when {{ currency }} = '{{ var("reporting_currency") }}' then cast({{ amount }} as decimal(18, 2))
    else cast(
        {{ amount }} * {{ fx_rate(currency, day) }} as decimal(18, 2)
    )
end
{%- endmacro %}


{# Units of the reporting currency for one unit of `currency` on `day`; a missing rate fails the run. #}
{% macro fx_rate(currency, day) -%}
coalesce(
    (
        select fx.rate
        from {{ ref('int_fx_rates__reporting') }} as fx
        where fx.currency = {{ currency }} and fx.date = {{ day }}
    ),
    case
        when {{ currency }} = '{{ var("reporting_currency") }}' then 1
        else error(
            'no fx_rate from ' || coalesce({{ currency }}, '(no currency)')
            || ' to {{ var("reporting_currency") }} on ' || coalesce(cast({{ day }} as varchar), '(no date)')
        )
    end
)
{%- endmacro %}
