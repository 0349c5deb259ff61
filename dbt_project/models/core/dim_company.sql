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

open_stages as (

    select * from {{ ref('int_journey_stages__entered') }}
    where subject_type = 'company' and exited_at is null

),

stages as (

    select * from {{ ref('stage_map') }}

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
        companies.company_id,
        companies.account_id,
        companies.tenant_id,
        {{ normal_company_name('companies.name') }} as name_norm,
        companies.uscc,
        companies.domain,
        companies.headcount,
        case
            when companies.headcount is null then 'unknown'
            when companies.headcount < 20 then '<20'
            when companies.headcount < 100 then '20-99'
            when companies.headcount < 500 then '100-499'
            else '500+'
        end as headcount_band,
        companies.industry_l1,
        companies.industry_l2,
        companies.city,
        companies.group_id,
        companies.pay_type,
        companies.agent_id,
        companies.owner_id,
        companies.registered_at,
        companies.opened_at,
        stages.lifecycle_stage,
    from companies
    left join open_stages
        on companies.company_id = open_stages.subject
    left join stages
        on open_stages.stage_no = stages.stage_no

)

select * from final
