with

input as (

    select * from {{ source('input', 'app_download_daily') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by store, channel_pkg, date
            order by _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        store,
        channel_pkg,
        date,
        downloads,
        channel_id,
        is_test,
        _source,
        _batch_id,
        _loaded_at,
        _row_hash,
    from ranked
    where
        version_no = 1
        and not coalesce(is_test, false)

)

select * from final
