-- Any node of a person may have named it, before an edge joined it to an earlier one or a late row
-- brought that one in, so each is an old id but the one that names the person today.
with

identities as (

    select
        {{ hash_id(['id_type', 'id_value']) }} as own_id,
        person_id,
        valid_from,
    from {{ ref('map_identity') }}

),

final as (

    select
        own_id as old_id,
        person_id as new_id,
        valid_from as changed_at,
    from identities
    where own_id <> person_id

)

select * from final
