-- One row per edge that was not taken in, with the guard that refused it (merge protection).
with

edges as (

    select * from {{ ref('int_identity_edges__collected') }}

),

accepted as (

    select * from {{ ref('int_identity_edges__accepted') }}

),

final as (

    select
        edges.type_a,
        edges.value_a,
        edges.type_b,
        edges.value_b,
        case
            when edges.is_blocked then 'shared_contact'
            when edges.is_capped then 'cap'
            else 'two_logins'
        end as reason,
        edges.first_seen,
    from edges
    left join accepted
        on edges.edge_no = accepted.edge_no
    where accepted.edge_no is null

)

select * from final
