with

input as (

    select * from {{ source('input', 'mkt_registration') }}
    where updated_at is null or updated_at < {{ param('as_of_end') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by event_id, person_key
            order by coalesce(updated_at, _loaded_at) desc, _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        event_id,
        person_key,
        registered_at,
        checked_in_at,
        walk_in,
        company_name,
        title,
        phone_hash,
        email_hash,
        email_domain,
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
