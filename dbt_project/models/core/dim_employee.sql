with

owners as (

    select * from {{ ref('stg_owner') }}

),

final as (

    select
        owner_id,
        team,
        role,
        manager_id,
        valid_from,
        valid_to,
    from owners

)

select * from final
