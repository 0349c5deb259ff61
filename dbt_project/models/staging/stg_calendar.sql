with

input as (

    select * from {{ source('input', 'calendar') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by country, date
            order by _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        country,
        date,
        is_workday,
        holiday,
        _source,
        _batch_id,
        _loaded_at,
        _row_hash,
    from ranked
    where
        version_no = 1

)

select * from final
