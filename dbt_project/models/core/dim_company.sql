with

described as (

    select * from {{ ref('int_companies__described') }}

),

domains as (

    select * from {{ ref('int_company_domains__unique') }}
    where company_id like 'd:%'

),

leads as (

    select * from {{ ref('stg_lead') }}

),

-- A company known by its mail domain alone bears the name that its first lead typed.
lead_names as (

    select
        'd:' || {{ corporate_domain('email_domain') }} as company_id,
        min_by(company_name, (created_at, lead_id)) filter (where company_name is not null)
            as name,
    from leads
    group by all

),

companies as (

    select
        company_id,
        account_id,
        tenant_id,
        name,
        uscc,
        domain,
        headcount,
        industry_l1,
        industry_l2,
        city,
        group_id,
        pay_type,
        agent_id,
        owner_id,
        registered_at,
        opened_at,
    from described

    union all

    select
        domains.company_id,
        null as account_id,
        null as tenant_id,
        lead_names.name,
        null as uscc,
        domains.domain,
        null as headcount,
        null as industry_l1,
        null as industry_l2,
        null as city,
        null as group_id,
        null as pay_type,
        null as agent_id,
        null as owner_id,
        null as registered_at,
        null as opened_at,
    from domains
    left join lead_names
        on domains.company_id = lead_names.company_id

),

final as (

    select
        company_id,
        account_id,
        tenant_id,
        {{ normal_company_name('name') }} as name_norm,
        uscc,
        domain,
        headcount,
        case
            when headcount is null then 'unknown'
            when headcount < 20 then '<20'
            when headcount < 100 then '20-99'
            when headcount < 500 then '100-499'
            else '500+'
        end as headcount_band,
        industry_l1,
        industry_l2,
        city,
        group_id,
        pay_type,
        agent_id,
        owner_id,
        registered_at,
        opened_at,
        cast(null as varchar) as lifecycle_stage,
    from companies

)

select * from final
