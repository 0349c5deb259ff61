{# Measures of fct_user_day over rows of fct_business_event. #}
{% macro user_day_measures() -%}
count(*) as events,
        count(case when is_counted then 1 end) as counted_events,
        count(case when is_counted and is_active then 1 end) as active_events,
        count(case when is_counted and is_core_feature then 1 end) as core_events,
        count(case when is_login then 1 end) as logins,
        count(case when is_launch then 1 end) as launches,
        cast(coalesce(sum(cast(event_duration as decimal(18, 3))), 0) as double)
            as duration_seconds,
        min(event_at) as first_at,
        max(event_at) as last_at,
        min(event_at) filter (where is_counted and is_active) as first_active_at,
        min(event_at) filter (where is_counted and is_core_feature) as first_core_at
{%- endmacro %}
