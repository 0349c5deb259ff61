with

input as (

    select * from {{ source('input', 'company_account_daily') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by company_id, date
            order by _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        company_id,
        date,
        opened_seats,
        closed_seats,
        purchased_seats,
        admins,
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
