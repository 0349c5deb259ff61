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

    select * from {{ ref('int_tenants__surviving') }}

),

bot_patterns as (

    select * from {{ ref('stg_bot_ua') }}

),

own_addresses as (

    select distinct value as ip_hash
    from {{ ref('stg_internal_list') }}
    where kind = 'ip'

),

staff as (

    select distinct employee_id
    from {{ ref('stg_owner') }}
    where employee_id is not null

),

agents as (

    select distinct ua
    from app_events
    where ua is not null

),

bots as (

    select distinct agents.ua
    from agents
    inner join bot_patterns
        on contains(lower(agents.ua), lower(bot_patterns.pattern))

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
    left join bots
        on app_events.ua = bots.ua
    left join own_addresses
        on app_events.ip_hash = own_addresses.ip_hash
    left join staff
        on app_events.login_id = staff.employee_id
    where
        bots.ua is null
        and own_addresses.ip_hash is null
        and staff.employee_id is null

)

select * from final
