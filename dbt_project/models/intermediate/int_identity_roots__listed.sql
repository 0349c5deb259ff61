-- One row per person: its earliest node.
with

grouped as (

    select * from {{ ref('int_identity_nodes__grouped') }}

),

final as (

    select
        node_no,
    from grouped
    where node_no = root_no

)

select * from final
