with

catalogue as (

    select * from {{ ref('event_catalogue') }}

),

endpoints as (

    select * from {{ ref('int_api_endpoints__routed') }}

),

named as (

    select
        feature_id,
        business_line,
        module,
        cast(null as varchar) as l1,
        cast(null as varchar) as l2,
    from catalogue

    union all

    select
        feature_id,
        business_line,
        module,
        l1,
        l2,
    from endpoints

),

final as (

    select
        feature_id,
        max(business_line) as business_line,
        max(module) as module,
        max(l1) as l1,
        max(l2) as l2,
    from named
    where feature_id is not null
    group by feature_id

)

select * from final
