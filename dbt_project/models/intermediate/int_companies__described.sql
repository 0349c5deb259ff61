-- One row per company: what product and CRM say about it, the product first.
with

companies as (

    select * from {{ ref('map_company') }}

),

tenants as (

    select * from {{ ref('stg_company_account') }}
    where not coalesce(is_deleted, false)

),

accounts as (

    select * from {{ ref('stg_account') }}
    where not coalesce(is_deleted, false)

),

tenant_map as (

    select * from {{ ref('int_tenants__surviving') }}
    where id_value = survivor_id

),

account_map as (

    select * from {{ ref('int_accounts__surviving') }}
    where id_value = survivor_id

),

tenant_companies as (

    select
        companies.company_id as named_id,
        tenants.*,
    from tenants
    inner join tenant_map
        on tenants.company_id = tenant_map.id_value
    inner join companies
        on companies.id_type = 'tenant_id' and tenants.company_id = companies.id_value

),

-- Several accounts may be one company; the record that is shown is the first by id.
account_companies as (

    select
        companies.company_id as named_id,
        accounts.*,
    from accounts
    inner join account_map
        on accounts.account_id = account_map.id_value
    inner join companies
        on companies.id_type = 'account_id' and accounts.account_id = companies.id_value
    qualify row_number() over (
        partition by companies.company_id order by accounts.account_id
    ) = 1

),

final as (

    select
        coalesce(tenant_companies.named_id, account_companies.named_id) as company_id,
        account_companies.account_id,
        tenant_companies.company_id as tenant_id,
        coalesce(tenant_companies.name, account_companies.name) as name,
        upper(coalesce(
            nullif(trim(tenant_companies.uscc), ''), nullif(trim(account_companies.uscc), '')
        )) as uscc,
        coalesce(
            {{ corporate_domain('tenant_companies.domain') }},
            {{ corporate_domain('account_companies.domain') }}
        ) as domain,
        coalesce(tenant_companies.headcount, account_companies.employee_count) as headcount,
        coalesce(tenant_companies.industry_l1, account_companies.industry_l1) as industry_l1,
        coalesce(tenant_companies.industry_l2, account_companies.industry_l2) as industry_l2,
        account_companies.city,
        coalesce(tenant_companies.group_id, account_companies.group_id) as group_id,
        coalesce(tenant_companies.pay_type, account_companies.pay_type) as pay_type,
        coalesce(tenant_companies.agent_id, account_companies.agent_id) as agent_id,
        account_companies.owner_id,
        tenant_companies.created_at as registered_at,
        tenant_companies.opened_at,
    from tenant_companies
    full join account_companies
        on tenant_companies.named_id = account_companies.named_id

)

select * from final
