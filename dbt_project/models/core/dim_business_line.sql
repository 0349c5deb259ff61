with

catalogue as (

    select business_line from {{ ref('event_catalogue') }}

),

items as (

    select business_line from {{ ref('stg_subscription_item') }}

),

opportunities as (

    select business_line from {{ ref('stg_opportunity') }}

),

endpoints as (

    select line as business_line from {{ ref('stg_api_endpoint') }}

),

named as (

    select business_line from catalogue
    union
    select business_line from items
    union
    select business_line from opportunities
    union
    select business_line from endpoints

),

final as (

    select business_line
    from named
    where business_line is not null

)

select * from final
