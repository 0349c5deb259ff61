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
        and business_date in {{ touched_dates(['app_event', 'api_request_log']) }}
        {% endif %}

),

catalogue as (

    select * from {{ ref('dim_event') }}

),

tenants as (

    select * from {{ ref('int_tenants__merged') }}

),

requests as (

    select * from {{ ref('int_api_requests__mapped') }}
    where
        not is_bot
        and not is_internal
        {% if is_incremental() %}
        and business_date in {{ touched_dates(['app_event', 'api_request_log']) }}
        {% endif %}

),

-- What people do in a tenant is measured once: on a date with requests by the requests, on another
-- by the app's own events.
requested as (

    select distinct business_date from requests

),

left_out as (

    select * from {{ ref('int_app_events__flagged') }}
    {% if is_incremental() %}
    where business_date in {{ touched_dates(['app_event', 'api_request_log']) }}
    {% endif %}

),

events as (

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
        app_events.company_id,
        app_events.employee_id,
        app_events.event_at,
        app_events.business_date,
        coalesce(catalogue.business_line, 'unmapped') as business_line,
        catalogue.feature_id,
        catalogue.module,
        app_events.company_id is null or requested.business_date is null as is_counted,
        coalesce(catalogue.{{ var('active_definition') }}, false) as is_active,
        coalesce(catalogue.is_core_feature, false) as is_core_feature,
        coalesce(catalogue.is_login, false) as is_login,
        coalesce(catalogue.is_launch, false) as is_launch,
        app_events.event_duration,
        app_events.app_version,
        app_events.os,
        cast(null as varchar) as endpoint_id,
        cast(null as varchar) as endpoint,
        cast(null as varchar) as l1,
        cast(null as varchar) as l2,
        cast(null as varchar) as business_event,
        cast(null as varchar) as product_version,
        cast(null as decimal(18, 4)) as event_value,
        cast(null as bigint) as status,
    from app_events
    left join catalogue
        on app_events.event = catalogue.event
    left join requested
        on app_events.business_date = requested.business_date
    left join left_out
        on app_events.event_id = left_out.event_id
    where left_out.event_id is null

    union all

    select
        'api:' || request_id as event_id,
        'api' as origin,
        'business_request' as event,
        login_id,
        cast(null as varchar) as anonymous_id,
        cast(null as varchar) as device_id,
        company_id,
        employee_id,
        event_at,
        business_date,
        business_line,
        feature_id,
        module,
        true as is_counted,
        is_active,
        is_core_feature,
        false as is_login,
        false as is_launch,
        cast(null as double) as event_duration,
        cast(null as varchar) as app_version,
        cast(null as varchar) as os,
        endpoint_id,
        case when endpoint_id = 'UNMAPPED' then endpoint_id else method || ' ' || route end
            as endpoint,
        l1,
        l2,
        business_event,
        product_version,
        event_value,
        status,
    from requests

),

final as (

    select
        events.event_id,
        events.origin,
        events.event,
        events.login_id,
        events.anonymous_id,
        events.device_id,
        't:' || coalesce(tenants.survivor_id, events.company_id) as company_id,
        events.employee_id,
        events.event_at,
        events.business_date,
        events.business_line,
        events.feature_id,
        events.module,
        events.is_counted,
        events.is_active,
        events.is_core_feature,
        events.is_login,
        events.is_launch,
        events.event_duration,
        events.app_version,
        events.os,
        events.endpoint_id,
        events.endpoint,
        events.l1,
        events.l2,
        events.business_event,
        events.product_version,
        events.event_value,
        events.status,
    from events
    left join tenants
        on events.company_id = tenants.id_value

)

select * from final
