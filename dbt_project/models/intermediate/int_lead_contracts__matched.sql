-- A19: the first paid contract of a company belongs to one lead, the company's earliest, and only
-- when its term starts on or after the day the lead was created.
with

leads as (

    select * from {{ ref('fct_lead') }}
    where is_kept and company_id is not null and created_at < {{ param('as_of_end') }}

),

contracts as (

    select * from {{ ref('fct_contract') }}
    where is_first_paid and signed_date <= {{ param('as_of') }}

),

ranked as (

    select
        lead_id,
        company_id,
        created_date,
        row_number() over (partition by company_id order by created_at, lead_id) as lead_no
    from leads

),

final as (

    select
        ranked.lead_id,
        contracts.contract_id,
        contracts.start_date as paid_date,
        {{ day_start('contracts.start_date') }} as paid_at
    from ranked
    inner join contracts
        on ranked.company_id = contracts.company_id
    where
        ranked.lead_no = 1
        and contracts.start_date >= ranked.created_date

)

select * from final
