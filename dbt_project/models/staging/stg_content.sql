with

input as (

    select * from {{ source('input', 'content') }}
    where updated_at is null or updated_at < {{ param('as_of_end') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by content_id
            order by coalesce(updated_at, _loaded_at) desc, _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        content_id,
        type,
        title,
        topic,
        industry,
        url_path,
        published_at,
        withdrawn_at,
        author_person,
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
