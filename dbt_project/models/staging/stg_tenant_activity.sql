with

input as (

    select * from {{ source('input', 'tenant_activity') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by tenant_id, end_customer_id, date
            order by _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        tenant_id,
        end_customer_id,
        date,
        events,
        is_test,
        _source,
        _batch_id,
        _loaded_at,
        _row_hash,
    from ranked
    where
        version_no = 1
        and not coalesce(is_test, false)

)

select * from final
