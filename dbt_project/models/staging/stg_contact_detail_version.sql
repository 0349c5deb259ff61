-- Contact details of leads and contacts as every version of the record told them, as far as it was
-- known at the end of as_of; stg_lead and stg_contact have the newest one.
with

leads as (

    select
        'lead_id' as record_type,
        lead_id as record_id,
        coalesce(updated_at, _loaded_at) as said_at,
        phone_hash,
        email_hash,
        cast(null as varchar) as unionid,
        _loaded_at,
        _row_hash,
    from {{ source('input', 'lead') }}
    where
        (updated_at is null or updated_at < {{ param('as_of_end') }})
        and not coalesce(is_test, false)

),

contacts as (

    select
        'contact_id' as record_type,
        contact_id as record_id,
        coalesce(updated_at, _loaded_at) as said_at,
        phone_hash,
        email_hash,
        wechat_unionid as unionid,
        _loaded_at,
        _row_hash,
    from {{ source('input', 'contact') }}
    where
        (updated_at is null or updated_at < {{ param('as_of_end') }})
        and not coalesce(is_test, false)

),

versions as (

    select * from leads
    union all
    select * from contacts

),

ranked as (

    select
        *,
        row_number() over (
            partition by record_type, record_id, said_at order by _loaded_at desc, _row_hash desc
        ) as copy_no,
    from versions

),

final as (

    select
        record_type,
        record_id,
        said_at,
        phone_hash,
        email_hash,
        unionid,
    from ranked
    where copy_no = 1

)

select * from final
