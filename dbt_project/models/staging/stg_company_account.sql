-- A deleted record that names its survivor stays: G13 follows it.
with

input as (

    select * from {{ source('input', 'company_account') }}
    where updated_at is null or updated_at < {{ param('as_of_end') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by company_id
            order by coalesce(updated_at, _loaded_at) desc, _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        company_id,
        name,
        uscc,
        domain,
        account_id,
        headcount,
        group_id,
        pay_type,
        industry_l1,
        industry_l2,
        agent_id,
        creator_login_id,
        created_at,
        opened_at,
        trial_started_at,
        trial_ended_at,
        merged_into_id,
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
