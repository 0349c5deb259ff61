-- One row per subject and stretch of days on whose end it was registered and not deactivated
-- (S07): registered_date is the first such day, deregistered_date the first day without.
-- employee: its account; person: any account with a login of the person; company: its tenant.
with

accounts as (

    select
        *,
        case when closed_at < {{ param('as_of_end') }} then closed_at end as known_closed_at,
    from {{ ref('stg_employee_account') }}
    where opened_at < {{ param('as_of_end') }}

),

tenants as (

    select id_value, company_id from {{ ref('map_company') }} where id_type = 'tenant_id'

),

companies as (

    select company_id, registered_at,
    from {{ ref('dim_company') }}
    where registered_at < {{ param('as_of_end') }}

),

identities as (

    select id_value, person_id,
    from {{ ref('map_identity') }}
    where id_type = 'login_id'

),

stretches as (

    select
        'employee' as subject_type,
        tenants.company_id || '/' || accounts.employee_id as subject,
        {{ business_date('accounts.opened_at') }} as from_date,
        coalesce({{ business_date('accounts.known_closed_at') }}, date '9999-12-31') as to_date,
    from accounts
    inner join tenants on accounts.company_id = tenants.id_value
    union all
    select
        'person',
        coalesce(identities.person_id, 'login_id:' || accounts.login_id),
        {{ business_date('accounts.opened_at') }},
        coalesce({{ business_date('accounts.known_closed_at') }}, date '9999-12-31'),
    from accounts
    left join identities on accounts.login_id = identities.id_value
    where accounts.login_id is not null
    union all
    select
        'company',
        company_id,
        {{ business_date('registered_at') }},
        date '9999-12-31',
    from companies

),

numbered as (

    select
        *,
        coalesce(from_date > max(to_date) over (
            partition by subject_type, subject order by from_date, to_date
            rows between unbounded preceding and 1 preceding
        ), true) as is_new_stretch,
    from stretches
    where from_date < to_date

),

joined as (

    select
        *,
        sum(cast(is_new_stretch as int)) over (
            partition by subject_type, subject order by from_date, to_date
            rows between unbounded preceding and current row
        ) as stretch_no,
    from numbered

),

final as (

    select
        subject_type,
        subject,
        min(from_date) as registered_date,
        max(to_date) as deregistered_date,
    from joined
    group by subject_type, subject, stretch_no

)

select * from final
