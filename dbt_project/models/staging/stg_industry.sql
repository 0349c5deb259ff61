with

input as (

    select * from {{ source('input', 'industry') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by l2_code
            order by _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        l2_code,
        l2_name,
        l1_code,
        l1_name,
        standard,
        _source,
        _batch_id,
        _loaded_at,
        _row_hash,
    from ranked
    where
        version_no = 1

)

select * from final
