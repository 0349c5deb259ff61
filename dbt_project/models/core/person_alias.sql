-- Any node of a person may have named it, before an edge joined it to an earlier one or a late row
-- brought that one in, so each is an old id but the one that names the person today. So may one that
-- a corrected or deleted record named.
with

nodes as (

    select
        {{ hash_id(['node_type', 'node_value']) }} as own_id,
        person_id,
        joined_at as changed_at,
    from {{ ref('int_identity_nodes__named') }}

    union all

    select
        {{ hash_id(['node_type', 'node_value']) }} as own_id,
        person_id,
        replaced_at as changed_at,
    from {{ ref('int_identity_nodes__replaced') }}

),

final as (

    select
        own_id as old_id,
        person_id as new_id,
        changed_at,
    from nodes
    where own_id <> person_id

)

select * from final
