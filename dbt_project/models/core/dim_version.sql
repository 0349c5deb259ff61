with

seen as (

    select * from {{ ref('int_versions__seen') }}

),

final as (

    select
        origin,
        coalesce(product_version, '(none)') as product_version,
        coalesce(sdk, '(none)') as sdk,
        min(business_date) as first_date,
        max(business_date) as last_date,
        cast(sum(events) as bigint) as events,
    from seen
    where business_date <= {{ param('as_of') }}
    group by origin, coalesce(product_version, '(none)'), coalesce(sdk, '(none)')

)

select * from final
