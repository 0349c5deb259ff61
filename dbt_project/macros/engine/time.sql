{# Business date of an instant (G1). Never a bare cast, which follows the zone of the session. #}
{% macro business_date(instant) -%}
{{ adapter.dispatch('business_date', 'throughline')(instant) }}
{%- endmacro %}

{% macro default__business_date(instant) -%}
cast(timezone('{{ var("business_tz") }}', {{ instant }}) as date)
{%- endmacro %}

{% macro spark__business_date(instant) -%}
cast(from_utc_timestamp({{ instant }}, '{{ var("business_tz") }}') as date)
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
{{ adapter.dispatch('seconds_between', 'throughline')(first, last) }}
{%- endmacro %}

{% macro default__seconds_between(first, last) -%}
((epoch_us({{ last }}) - epoch_us({{ first }})) / 1000000.0)
{%- endmacro %}

{% macro spark__seconds_between(first, last) -%}
((unix_micros({{ last }}) - unix_micros({{ first }})) / 1e6)
{%- endmacro %}


{# Whole days from one date to a later one. #}
{% macro days_between(first, last) -%}
{{ adapter.dispatch('days_between', 'throughline')(first, last) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
({{ last }} - {{ first }})
{%- endmacro %}

{% macro spark__days_between(first, last) -%}
datediff({{ last }}, {{ first }})
{%- endmacro %}


{# Seconds on the clock from one instant to a later one, without fractions. #}
{% macro seconds_apart(first, last) -%}
{{ adapter.dispatch('seconds_apart', 'throughline')(first, last) }}
{%- endmacro %}

{% macro default__seconds_apart(first, last) -%}
date_diff('second', {{ first }}, {{ last }})
{%- endmacro %}

{% macro spark__seconds_apart(first, last) -%}
(unix_seconds({{ last }}) - unix_seconds({{ first }}))
{%- endmacro %}


{# Day of the week, 1 for Monday to 7, and the year that an ISO week belongs to. #}
{% macro iso_weekday(day) -%}
{{ adapter.dispatch('iso_weekday', 'throughline')(day) }}
{%- endmacro %}

{% macro default__iso_weekday(day) -%}
isodow({{ day }})
{%- endmacro %}

{% macro spark__iso_weekday(day) -%}
(weekday({{ day }}) + 1)
{%- endmacro %}


{% macro iso_year(day) -%}
{{ adapter.dispatch('iso_year', 'throughline')(day) }}
{%- endmacro %}

{% macro default__iso_year(day) -%}
isoyear({{ day }})
{%- endmacro %}

{% macro spark__iso_year(day) -%}
extract(yearofweek from {{ day }})
{%- endmacro %}


{# First instant of a business date, also where midnight comes twice or is left out. #}
{% macro day_start(day) -%}
{{ adapter.dispatch('day_start', 'throughline')(day) }}
{%- endmacro %}

{# DuckDB takes the second of two midnights, as in Havana, where clocks go back from one o'clock. #}
{% macro default__day_start(day) -%}
{%- set midnight = 'cast(' ~ day ~ ' as timestamp)' -%}
{%- set zone = "'" ~ var('business_tz') ~ "'" -%}
{%- set last_start = 'timezone(' ~ zone ~ ', ' ~ midnight ~ ')' -%}
case
    when timezone({{ zone }}, {{ last_start }} - interval '1 hour') >= {{ midnight }}
        then {{ last_start }} - interval '1 hour'
    else {{ last_start }}
end
{%- endmacro %}

{% macro spark__day_start(day) -%}
to_utc_timestamp(cast({{ day }} as timestamp), '{{ var("business_tz") }}')
{%- endmacro %}


{# SELECT of every day from the first up to, but without, the last: one column, date. #}
{% macro date_spine(first, last) -%}
{{ adapter.dispatch('date_spine', 'throughline')(first, last) }}
{%- endmacro %}

{% macro default__date_spine(first, last) -%}
select
    cast(unnest(
        generate_series(
            cast({{ first }} as timestamp),
            cast({{ last }} as timestamp) - interval '1 day',
            interval '1 day'
        )
    ) as date) as date
{%- endmacro %}

{% macro spark__date_spine(first, last) -%}
select explode(
    sequence(cast({{ first }} as date), date_sub(cast({{ last }} as date), 1), interval 1 day)
) as date
{%- endmacro %}


{# Number of the slot of some minutes that an instant lies in; slots touch, and none is longer. #}
{% macro time_slot(instant, minutes) -%}
{{ adapter.dispatch('time_slot', 'throughline')(instant, minutes) }}
{%- endmacro %}

{# Counted from the year 1: whole division would join the two slots around a zero. #}
{% macro default__time_slot(instant, minutes) -%}
((epoch_us({{ instant }}) + 62135596800000000) // {{ minutes * 60000000 }})
{%- endmacro %}

{% macro spark__time_slot(instant, minutes) -%}
((unix_micros({{ instant }}) + 62135596800000000) div {{ minutes * 60000000 }})
{%- endmacro %}
