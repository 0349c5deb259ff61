{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    on_schema_change='fail',
) }}
with

business_events as (

    select * from {{ ref('fct_business_event') }}
    {% if is_incremental() %}
    where business_date in {{ touched_dates('app_event') }}
    {% endif %}

),

final as (

    select
        case when login_id is not null then 'login_id' else 'anonymous_id' end as node_type,
        coalesce(login_id, anonymous_id) as node_value,
        company_id,
        max(employee_id) as employee_id,
        business_line,
        business_date,
        count(*) as events,
        count(*) filter (where is_active) as active_events,
        count(*) filter (where is_core_feature) as core_events,
        count(*) filter (where is_login) as logins,
        count(*) filter (where is_launch) as launches,
        cast(coalesce(sum(cast(event_duration as decimal(18, 3))), 0) as double)
            as duration_seconds,
        min(event_at) as first_at,
        max(event_at) as last_at,
        min(event_at) filter (where is_active) as first_active_at,
        min(event_at) filter (where is_core_feature) as first_core_at,
    from business_events
    group by
        case when login_id is not null then 'login_id' else 'anonymous_id' end,
        coalesce(login_id, anonymous_id),
        company_id,
        business_line,
        business_date

)

select * from final
