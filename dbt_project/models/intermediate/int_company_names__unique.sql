-- One row per normalised company name and city that exactly one company has (identity rule 5e).
with

companies as (

    select * from {{ ref('int_companies__described') }}

),

final as (

    select
        {{ normal_company_name('name') }} as name_norm,
        city,
        min(company_id) as company_id,
    from companies
    where {{ normal_company_name('name') }} is not null and city is not null
    group by all
    having count(*) = 1

)

select * from final
