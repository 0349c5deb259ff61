-- One row per day and currency: units of the reporting currency for one unit.
with

rates as (

    select * from {{ ref('stg_fx_rate') }}
    where base_currency = '{{ var("reporting_currency") }}'

),

final as (

    select
        currency,
        rate,
        date,
    from rates

)

select * from final
