-- One row per employee of a company and unbroken stretch of days with an open account.
-- opened_date: first day; closed_date: the day of closing (NULL while open at the end of as_of);
-- last_open_date: last day on which the account was open at any moment (a closing at midnight
-- leaves the day that begins untouched; opened and closed on one day is that day).
with

accounts as (

    select
        *,
        case when closed_at < {{ param('as_of_end') }} then closed_at end as known_closed_at,
    from {{ ref('stg_employee_account') }}
    where opened_at < {{ param('as_of_end') }}

),

companies as (

    select id_value, company_id from {{ ref('map_company') }} where id_type = 'tenant_id'

),

dated as (

    select
        companies.company_id,
        accounts.employee_id,
        {{ business_date('accounts.opened_at') }} as opened_date,
        coalesce({{ business_date('accounts.known_closed_at') }}, date '9999-12-31')
            as closed_date,
        case
            when accounts.known_closed_at is null then date '9999-12-31'
            else greatest(
                {{ business_date('accounts.opened_at') }},
                {{ business_date("accounts.known_closed_at - interval '1 microsecond'") }}
            )
        end as last_open_date,
    from accounts
    inner join companies on accounts.company_id = companies.id_value

),

-- merged tenants may hold one employee twice: stretches that meet become one
numbered as (

    select
        *,
        coalesce(opened_date > max(last_open_date) over (
            partition by company_id, employee_id order by opened_date, last_open_date
            rows between unbounded preceding and 1 preceding
        ), true) as is_new_stretch,
    from dated

),

stretches as (

    select
        *,
        sum(cast(is_new_stretch as int)) over (
            partition by company_id, employee_id order by opened_date, last_open_date
            rows between unbounded preceding and current row
        ) as stretch_no,
    from numbered

),

final as (

    select
        company_id,
        employee_id,
        min(opened_date) as opened_date,
        nullif(max(closed_date), date '9999-12-31') as closed_date,
        nullif(max(last_open_date), date '9999-12-31') as last_open_date,
    from stretches
    group by company_id, employee_id, stretch_no

)

select * from final
