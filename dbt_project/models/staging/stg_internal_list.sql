with

input as (

    select * from {{ source('input', 'internal_list') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by kind, value
            order by _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        kind,
        value,
        _source,
        _batch_id,
        _loaded_at,
        _row_hash,
    from ranked
    where
        version_no = 1

)

select * from final
