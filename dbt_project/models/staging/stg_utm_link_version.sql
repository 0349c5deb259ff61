-- Every version of a link that was known at the end of as_of; stg_utm_link has the newest one. The
-- first holds from the day the link was made.
with

input as (

    select
        *,
        coalesce(updated_at, _loaded_at) as version_at,
    from {{ source('input', 'utm_link') }}
    where
        (updated_at is null or updated_at < {{ param('as_of_end') }})
        and not coalesce(is_test, false)

),

ranked as (

    select
        *,
        row_number() over (
            partition by short_code, version_at order by _loaded_at desc, _row_hash desc
        ) as copy_no,
    from input

),

numbered as (

    select
        *,
        row_number() over (partition by short_code order by version_at) as version_no,
    from ranked
    where copy_no = 1

),

final as (

    select
        short_code,
        case
            when version_no = 1 then least(version_at, coalesce(created_at, version_at))
            else version_at
        end as said_at,
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
        coalesce(is_deleted, false) as is_deleted,
    from numbered

)

select * from final
