with

companies as (

    select * from {{ ref('int_companies__described') }}
    where agent_id is not null

),

final as (

    select
        agent_id,
        count(*) as companies,
        count(tenant_id) as tenants,
        min(registered_at) as first_registered_at,
        max(registered_at) as last_registered_at,
    from companies
    group by agent_id

)

select * from final
