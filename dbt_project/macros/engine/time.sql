{# Business date of an instant (G1). Never a bare cast, which follows the zone of the session. #}
{% macro business_date(instant) -%}
cast(timezone('{{ var("business_tz") }}', {{ instant }}) as date)
{%- endmacro %}


{# Business time of an event (G3): a clock far ahead of the collector's is not believed. #}
{% macro event_at(event, received) -%}
case
    when {{ event }} > {{ received }} + interval '{{ var("clock_skew_min") }} minutes' then {{ received }}
    else {{ event }}
end
{%- endmacro %}


{# Whether event_at does not believe the event's own clock. #}
{% macro is_clock_skew(event, received) -%}
coalesce({{ event }} > {{ received }} + interval '{{ var("clock_skew_min") }} minutes', false)
{%- endmacro %}


{# Seconds from one instant to a later one, with fractions. #}
{% macro seconds_between(first, last) -%}
((epoch_us({{ last }}) - epoch_us({{ first }})) / 1000000.0)
{%- endmacro %}


{# First instant of a business date. #}
{% macro day_start(day) -%}
timezone('{{ var("business_tz") }}', cast({{ day }} as timestamp))
{%- endmacro %}


{# SELECT of every day from the first up to, but without, the last: one column, date. #}
{% macro date_spine(first, last) -%}
select
    cast(unnest(
        generate_series(
            cast({{ first }} as timestamp),
            cast({{ last }} as timestamp) - interval '1 day',
            interval '1 day'
        )
    ) as date) as date
{%- endmacro %}
