-- The person that an identifier belongs to now: metrics restate history by the current map.
with

identities as (

    select * from {{ ref('map_identity') }}

),

ranked as (

    select
        id_type,
        id_value,
        person_id,
        row_number() over (
            partition by id_type, id_value order by valid_from desc, person_id
        ) as version_no
    from identities

),

final as (

    select
        id_type,
        id_value,
        person_id
    from ranked
    where version_no = 1

)

select * from final
