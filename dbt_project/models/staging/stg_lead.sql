-- A deleted record that names its survivor stays: G13 follows it.
with

input as (

    select * from {{ source('input', 'lead') }}
    where updated_at is null or updated_at < {{ param('as_of_end') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by lead_id
            order by coalesce(updated_at, _loaded_at) desc, _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        lead_id,
        created_at,
        source_system,
        channel_raw,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_term,
        utm_content,
        name_hash,
        phone_hash,
        email_hash,
        email_domain,
        company_name,
        title,
        industry,
        headcount_raw,
        city,
        owner_id,
        status,
        invalid_reason,
        merged_into_id,
        converted_opportunity_id,
        source_event_id,
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
        and (not coalesce(is_deleted, false) or merged_into_id is not null)
        and not coalesce(is_test, false)

)

select * from final
