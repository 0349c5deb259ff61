with

input as (

    select * from {{ source('input', 'tag_assignment') }}
    where updated_at is null or updated_at < {{ param('as_of_end') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by subject_type, subject_id, tag, value, valid_from
            order by coalesce(updated_at, _loaded_at) desc, _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        subject_type,
        subject_id,
        tag,
        value,
        valid_from,
        valid_to,
        is_single_valued,
        source,
        "by" as given_by,
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
