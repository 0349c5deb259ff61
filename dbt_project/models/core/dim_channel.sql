with

channels as (

    select * from {{ ref('channel') }}

),

final as (

    select
        channel_id,
        channel_name,
        channel_group,
        promo_type,
        supplier_id,
        is_paid,
        is_organic,
    from channels

)

select * from final
