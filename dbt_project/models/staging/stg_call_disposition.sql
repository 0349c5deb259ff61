with

input as (

    select * from {{ source('input', 'call_disposition') }}
    where updated_at is null or updated_at < {{ param('as_of_end') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by call_id
            order by coalesce(updated_at, _loaded_at) desc, _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        call_id,
        lead_id,
        reached_person,
        e1_company_filled,
        e2_contact_filled,
        e3_need_filled,
        e4_current_system_filled,
        e5_budget_filled,
        e6_decision_filled,
        e7_timeline_filled,
        timeline_days,
        intent,
        next_at,
        csat_key,
        notes_filled,
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
