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


{#
    Units of the reporting currency for one unit of `currency` on `day`; a missing rate fails the run.
    Rates have names of their own in the lookup, or a caller's bare `currency` would mean theirs.
#}
{% macro fx_rate(currency, day) -%}
coalesce(
    (
        select {{ the_only('fx.fx_rate') }}
        from (
            select currency as fx_currency, date as fx_date, rate as fx_rate
            from {{ ref('int_fx_rates__reporting') }}
        ) as fx
        where fx.fx_currency = {{ currency }} and fx.fx_date = {{ day }}
    ),
    case
        when {{ currency }} = '{{ var("reporting_currency") }}' then 1
        else {{ refuse() }}(
            'no fx_rate from ' || coalesce({{ currency }}, '(no currency)')
            || ' to {{ var("reporting_currency") }} on ' || coalesce(cast({{ day }} as varchar), '(no date)')
        )
    end
)
{%- endmacro %}


{# The one value of a subquery; what has several is refused where the engine can tell. #}
{% macro the_only(value) -%}
{{ adapter.dispatch('the_only', 'throughline')(value) }}
{%- endmacro %}

{% macro default__the_only(value) -%}
{{ value }}
{%- endmacro %}

{% macro spark__the_only(value) -%}
max({{ value }})
{%- endmacro %}


{# Name of the function that fails the run with a message. #}
{% macro refuse() -%}
{{ adapter.dispatch('refuse', 'throughline')() }}
{%- endmacro %}

{% macro default__refuse() -%}
error
{%- endmacro %}

{% macro spark__refuse() -%}
raise_error
{%- endmacro %}


{# The median as an aggregate that moves with a window frame. #}
{% macro moving_median(value) -%}
{{ adapter.dispatch('moving_median', 'throughline')(value) }}
{%- endmacro %}

{% macro default__moving_median(value) -%}
median({{ value }})
{%- endmacro %}

{% macro spark__moving_median(value) -%}
percentile({{ value }}, 0.5)
{%- endmacro %}
