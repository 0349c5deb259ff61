-- A deleted record that names its survivor stays: G13 follows it.
with

input as (

    select * from {{ source('input', 'account') }}
    where updated_at is null or updated_at < {{ param('as_of_end') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by account_id
            order by coalesce(updated_at, _loaded_at) desc, _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        account_id,
        name,
        uscc,
        domain,
        industry_l1,
        industry_l2,
        employee_count,
        city,
        group_id,
        pay_type,
        agent_id,
        owner_id,
        parent_id,
        merged_into_id,
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
        and (not coalesce(is_deleted, false) or merged_into_id is not null)
        and not coalesce(is_test, false)

)

select * from final
