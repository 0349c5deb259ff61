-- One row per period of a cookie or device that belongs to more than one person over time (identity
-- rule 3, shared devices): to the person of the graph, from a login on to the person of that login.
-- A login that a guard refuses gives it back to the person of the graph.
with

nodes as (

    select * from {{ ref('int_identity_nodes__named') }}

),

edges as (

    select * from {{ ref('int_identity_edges__collected') }}
    where type_a = 'login_id' and not is_blocked and not is_capped

),

turns as (

    select
        holders.id_type,
        holders.id_value,
        holders.login_id,
        holders.turn_no,
        holders.held_from,
        owners.person_id,
        logins.person_id as login_person_id,
        owners.first_seen,
        owners.joined_at,
    from {{ ref('int_identity_holders__dated') }} as holders
    inner join nodes as owners
        on holders.id_type = owners.node_type and holders.id_value = owners.node_value
    inner join nodes as logins
        on logins.node_type = 'login_id' and holders.login_id = logins.node_value

),

handed as (

    select
        id_type,
        id_value,
        person_id,
        first_seen,
        joined_at,
    from turns
    where person_id <> login_person_id
    group by all

),

starts as (

    select
        id_type,
        id_value,
        0 as turn_no,
        first_seen as valid_from,
        person_id,
        joined_at as known_from,
    from handed
    union all
    select
        turns.id_type,
        turns.id_value,
        turns.turn_no,
        turns.held_from as valid_from,
        case when edges.edge_no is null then turns.person_id else turns.login_person_id end
            as person_id,
        turns.held_from as known_from,
    from turns
    inner join handed
        on turns.id_type = handed.id_type and turns.id_value = handed.id_value
    left join edges
        on
            turns.login_id = edges.value_a
            and turns.id_type = edges.type_b
            and turns.id_value = edges.value_b

),

-- Of turns that start at one instant the last counts: the others were over at once.
lasting as (

    select * from starts
    qualify row_number() over (
        partition by id_type, id_value, valid_from order by turn_no desc
    ) = 1

),

followed as (

    select
        *,
        lag(person_id) over (partition by id_type, id_value order by valid_from) as person_before,
    from lasting

),

final as (

    select
        id_type,
        id_value,
        row_number() over (partition by id_type, id_value order by valid_from) as period_no,
        person_id,
        valid_from,
        lead(valid_from) over (partition by id_type, id_value order by valid_from) as valid_to,
        known_from,
    from followed
    where person_before is null or person_before <> person_id

)

select * from final
