with

input as (

    select * from {{ source('input', 'headcount_band') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by band
            order by _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        band,
        min_headcount,
        max_headcount,
        sort_no,
        _source,
        _batch_id,
        _loaded_at,
        _row_hash,
    from ranked
    where
        version_no = 1

)

select * from final
