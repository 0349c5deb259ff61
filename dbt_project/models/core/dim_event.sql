with

catalogue as (

    select * from {{ ref('event_catalogue') }}

),

final as (

    select
        event,
        is_active,
        is_core_feature,
        is_login,
        is_logout,
        is_launch,
        feature_id,
        module,
        business_line,
    from catalogue

)

select * from final
