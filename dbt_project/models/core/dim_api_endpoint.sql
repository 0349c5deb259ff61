with

endpoints as (

    select * from {{ ref('stg_api_endpoint') }}

),

routed as (

    select * from {{ ref('int_api_endpoints__routed') }}

),

final as (

    select
        routed.endpoint_id,
        routed.method,
        routed.route,
        endpoints.route_template,
        routed.business_line,
        routed.l1,
        routed.l2,
        routed.module,
        routed.feature_id,
        endpoints.endpoint_name,
        routed.business_event,
        endpoints.owner_team,
        routed.is_active,
        routed.is_core_feature,
        routed.valid_from,
        routed.valid_to,
    from routed
    inner join endpoints
        on routed.endpoint_id = endpoints.endpoint_id
        and routed.valid_from = endpoints.valid_from

)

select * from final
