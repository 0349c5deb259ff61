-- One row per endpoint and validity period, by the route that its requests have (S13). Nothing else
-- of the catalogue is here: a changed row rebuilds the facts that read it.
with

endpoints as (

    select
        *,
        {{ api_route('route_template') }} as route,
    from {{ ref('stg_api_endpoint') }}

),

final as (

    select
        method,
        route,
        {{ route_segments('route') }} as segments,
        {{ route_shape('route') }} as shape,
        endpoint_id,
        line as business_line,
        l1,
        l2,
        case when l1 is not null then line || '.' || l1 end as module,
        line || '.' || l1 || '.' || l2 as feature_id,
        business_event,
        coalesce(is_active_event, false) as is_active,
        coalesce(is_core_feature, false) as is_core_feature,
        valid_from,
        valid_to,
    from endpoints

)

select * from final
