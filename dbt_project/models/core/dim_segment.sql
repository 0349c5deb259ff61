with

segments as (

    select * from {{ ref('segments') }}

),

final as (

    select
        segment,
        zh,
        subject_type,
        predicate,
        {{ hash_id(['subject_type', 'predicate']) }} as version,
    from segments

)

select * from final
