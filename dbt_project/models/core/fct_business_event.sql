{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    on_schema_change='fail',
) }}
with

app_events as (

    select * from {{ ref('stg_app_event') }}
    where
        type in ('track', 'track_signup')
        {% if is_incremental() %}
        and business_date in {{ touched_dates('app_event') }}
        {% endif %}

),

catalogue as (

    select * from {{ ref('dim_event') }}

),

tenants as (

    select * from {{ ref('int_tenants__merged') }}

),

left_out as (

    select * from {{ ref('int_app_events__flagged') }}

),

final as (

    select
        app_events.event_id,
        'app' as origin,
        app_events.event,
        app_events.login_id,
        coalesce(
            app_events.anonymous_id,
            case when app_events.login_id is null then app_events.distinct_id end
        ) as anonymous_id,
        app_events.device_id,
        't:' || coalesce(tenants.survivor_id, app_events.company_id) as company_id,
        app_events.employee_id,
        app_events.event_at,
        app_events.business_date,
        coalesce(catalogue.business_line, 'unmapped') as business_line,
        catalogue.feature_id,
        catalogue.module,
        coalesce(catalogue.{{ var('active_definition') }}, false) as is_active,
        coalesce(catalogue.is_core_feature, false) as is_core_feature,
        coalesce(catalogue.is_login, false) as is_login,
        coalesce(catalogue.is_launch, false) as is_launch,
        app_events.event_duration,
        app_events.app_version,
        app_events.os,
    from app_events
    left join catalogue
        on app_events.event = catalogue.event
    left join tenants
        on app_events.company_id = tenants.id_value
    left join left_out
        on app_events.event_id = left_out.event_id
    where left_out.event_id is null

)

select * from final
