with

catalogue as (

    select * from {{ ref('event_catalogue') }}

),

endpoints as (

    select * from {{ ref('int_api_endpoints__routed') }}

),

named as (

    select
        module,
        business_line,
        cast(null as varchar) as l1,
    from catalogue

    union all

    select
        module,
        business_line,
        l1,
    from endpoints

),

final as (

    select
        module,
        max(business_line) as business_line,
        max(l1) as l1,
    from named
    where module is not null
    group by module

)

select * from final
