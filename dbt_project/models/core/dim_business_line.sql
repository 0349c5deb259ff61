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

named as (

    select business_line from catalogue
    union
    select business_line from items
    union
    select business_line from opportunities

),

final as (

    select business_line
    from named
    where business_line is not null

)

select * from final
