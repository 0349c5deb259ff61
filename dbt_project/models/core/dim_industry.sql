with

industries as (

    select * from {{ ref('stg_industry') }}

),

final as (

    select
        l2_code,
        l2_name,
        l1_code,
        l1_name,
        standard,
    from industries

)

select * from final
