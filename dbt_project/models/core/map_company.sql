-- Identity rule 5: the product tenant where one is linked (by the account it names, the credit
-- code, the corporate domain), else the CRM account itself. Ids are surviving ones (G13).
with

accounts as (

    select
        account_id,
        upper(nullif(trim(uscc), '')) as uscc,
        {{ corporate_domain('domain') }} as domain,
    from {{ ref('stg_account') }}
    where not coalesce(is_deleted, false)

),

tenants as (

    select
        company_id as tenant_id,
        account_id,
        upper(nullif(trim(uscc), '')) as uscc,
        {{ corporate_domain('domain') }} as domain,
        created_at,
    from {{ ref('stg_company_account') }}
    where not coalesce(is_deleted, false)

),

-- What was merged into a record that is deleted is as little a company as that one.
account_map as (

    select survivors.*
    from {{ ref('int_accounts__surviving') }} as survivors
    inner join accounts
        on survivors.survivor_id = accounts.account_id

),

tenant_map as (

    select survivors.*
    from {{ ref('int_tenants__surviving') }} as survivors
    inner join tenants
        on survivors.survivor_id = tenants.tenant_id

),

surviving_accounts as (

    select accounts.*
    from accounts
    inner join account_map
        on accounts.account_id = account_map.survivor_id and account_map.id_value = account_map.survivor_id

),

surviving_tenants as (

    select tenants.*
    from tenants
    inner join tenant_map
        on tenants.tenant_id = tenant_map.survivor_id and tenant_map.id_value = tenant_map.survivor_id

),

-- A domain that several tenants or several accounts share names none of them.
tenant_domains as (

    select
        domain,
        min(tenant_id) as tenant_id,
    from surviving_tenants
    where domain is not null
    group by domain
    having count(*) = 1

),

account_domains as (

    select
        domain,
        min(account_id) as account_id,
    from surviving_accounts
    where domain is not null
    group by domain
    having count(*) = 1

),

links as (

    select
        account_map.survivor_id as account_id,
        tenant_map.survivor_id as tenant_id,
        1 as link_rank,
        tenants.created_at,
    from tenants
    inner join account_map
        on tenants.account_id = account_map.id_value
    inner join tenant_map
        on tenants.tenant_id = tenant_map.id_value

    union all

    select
        surviving_accounts.account_id,
        surviving_tenants.tenant_id,
        2 as link_rank,
        surviving_tenants.created_at,
    from surviving_accounts
    inner join surviving_tenants
        on surviving_accounts.uscc = surviving_tenants.uscc

    union all

    select
        account_domains.account_id,
        tenant_domains.tenant_id,
        3 as link_rank,
        surviving_tenants.created_at,
    from account_domains
    inner join tenant_domains
        on account_domains.domain = tenant_domains.domain
    inner join surviving_tenants
        on tenant_domains.tenant_id = surviving_tenants.tenant_id

),

ranked_links as (

    select
        account_id,
        tenant_id,
        row_number() over (
            partition by account_id order by link_rank, created_at, tenant_id
        ) as link_no,
    from links

),

named as (

    select
        'account_id' as id_type,
        account_map.id_value,
        case
            when ranked_links.tenant_id is not null then 't:' || ranked_links.tenant_id
            else 'a:' || account_map.survivor_id
        end as company_id,
    from account_map
    left join ranked_links
        on account_map.survivor_id = ranked_links.account_id and ranked_links.link_no = 1

    union all

    select
        'tenant_id' as id_type,
        id_value,
        't:' || survivor_id as company_id,
    from tenant_map

),

final as (

    select
        id_type,
        id_value,
        company_id,
    from named

)

select * from final
