-- One row per id that a customer_uid or a person_key may hold, with the person it belongs to. An id
-- that stands under two types is taken as the more certain one (identity rule 4).
with

identities as (

    select * from {{ ref('map_identity') }}
    where id_type in ('login_id', 'contact_id', 'phone_hash', 'email_hash', 'unionid')

),

final as (

    select
        id_value as customer_uid,
        person_id,
    from identities
    qualify row_number() over (
        partition by id_value order by {{ node_priority('id_type') }}
    ) = 1

)

select * from final
