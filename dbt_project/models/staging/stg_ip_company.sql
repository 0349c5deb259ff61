with

input as (

    select * from {{ source('input', 'ip_company') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by ip_hash, valid_from
            order by _loaded_at desc, _row_hash desc
        ) as version_no,
    from input

),

final as (

    select
        ip_hash,
        valid_from,
        valid_to,
        company_id,
        company_name,
        domain,
        kind,
        confidence,
        _source,
        _batch_id,
        _loaded_at,
        _row_hash,
    from ranked
    where
        version_no = 1

)

select * from final
