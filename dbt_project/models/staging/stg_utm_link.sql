with

input as (

    select * from {{ source('input', 'utm_link') }}
    where updated_at is null or updated_at < {{ param('as_of_end') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by short_code
            order by coalesce(updated_at, _loaded_at) desc, _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        short_code,
        url,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_term,
        utm_content,
        channel_id,
        placement,
        qr_id,
        vendor,
        staff_id,
        active_from,
        active_to,
        created_at,
        updated_at,
        is_deleted,
        is_test,
        _source,
        _batch_id,
        _loaded_at,
        _row_hash,
    from ranked
    where
        version_no = 1
        and not coalesce(is_deleted, false)
        and not coalesce(is_test, false)

)

select * from final
