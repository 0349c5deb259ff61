{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'api_request_log'},
    on_schema_change='fail',
) }}
-- One row per request with the endpoint that was valid on its date, or UNMAPPED (S13), and with
-- is_bot and is_internal (G8). A route may match several templates (/orders/export is also
-- /orders/{id}): it is compared in each shape that a template of its method and length has, and the
-- template with a word where the others have {id}, seen from the left, is its own.
with

requests as (

    select
        request_id,
        method,
        status,
        company_id,
        employee_id,
        login_id,
        product_version,
        line_hint,
        event_value,
        client as ua,
        ip_hash,
        event_at,
        business_date,
        {{ api_route('path') }} as route,
    from {{ ref('stg_api_request_log') }}
    {% if is_incremental() %}
    where business_date in {{ touched_dates('api_request_log') }}
    {% endif %}

),

endpoints as (

    select * from {{ ref('int_api_endpoints__routed') }}

),

robot_patterns as (

    select * from {{ ref('int_robot_patterns__listed') }}

),

own_nodes as (

    select * from {{ ref('int_own_nodes__listed') }}

),

business_lines as (

    select distinct business_line from endpoints

),

routes as (

    select distinct
        method,
        route,
        {{ route_segments('route') }} as segments,
    from requests

),

shapes as (

    select distinct method, segments, shape
    from endpoints

),

shaped as (

    select
        routes.method,
        routes.route,
        shapes.shape,
        {{ route_in_shape('routes.route', 'shapes.shape') }} as template,
    from routes
    inner join shapes
        on routes.method = shapes.method and routes.segments = shapes.segments

),

dated_routes as (

    select distinct method, route, business_date
    from requests

),

ranked as (

    select
        dated_routes.business_date,
        shaped.route as requested_route,
        endpoints.*,
        row_number() over (
            partition by dated_routes.method, dated_routes.route, dated_routes.business_date
            order by endpoints.shape desc, endpoints.valid_from desc, endpoints.endpoint_id
        ) as match_no,
    from dated_routes
    inner join shaped
        on dated_routes.method = shaped.method and dated_routes.route = shaped.route
    inner join endpoints
        on shaped.method = endpoints.method
        and shaped.template = endpoints.route
        and shaped.shape = endpoints.shape
        and dated_routes.business_date >= endpoints.valid_from
        and dated_routes.business_date <= coalesce(endpoints.valid_to, date '9999-12-31')

),

flagged as (

    {{ flagged('requests', 'login_id') }}

),

final as (

    select
        flagged.request_id,
        flagged.method,
        coalesce(ranked.route, flagged.route) as route,
        coalesce(ranked.endpoint_id, 'UNMAPPED') as endpoint_id,
        coalesce(ranked.business_line, business_lines.business_line, 'unmapped') as business_line,
        ranked.l1,
        ranked.l2,
        ranked.module,
        ranked.feature_id,
        ranked.business_event,
        coalesce(ranked.is_active, false) as is_active,
        coalesce(ranked.is_core_feature, false) as is_core_feature,
        flagged.status,
        flagged.company_id,
        flagged.employee_id,
        flagged.login_id,
        flagged.product_version,
        flagged.event_value,
        flagged.is_bot,
        flagged.is_internal,
        flagged.event_at,
        flagged.business_date,
    from flagged
    left join ranked
        on flagged.method = ranked.method
        and flagged.route = ranked.requested_route
        and flagged.business_date = ranked.business_date
        and ranked.match_no = 1
    left join business_lines
        on flagged.line_hint = business_lines.business_line

)

select * from final
