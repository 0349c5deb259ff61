-- One row per tenant that was merged into another, with the one that survives (G13). A new tenant
-- adds no row, so it does not rebuild the facts that read this.
with

tenants as (

    select * from {{ ref('int_tenants__surviving') }}

),

final as (

    select id_value, survivor_id
    from tenants
    where id_value <> survivor_id

)

select * from final
