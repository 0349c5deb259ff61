-- One row per edge that the guards let through.
with

edges as (

    select * from {{ ref('int_identity_edges__collected') }}

),

final as (

    select
        edge_no,
        node_a,
        node_b,
    from edges
    where not is_blocked and not is_capped

)

select * from final
