-- One row per lead that counts: surviving its merges, not deleted, not of our own people.
with

leads as (

    select * from {{ ref('stg_lead') }}
    where not coalesce(is_deleted, false)

),

survivors as (

    select * from {{ ref('int_leads__surviving') }}
    where id_value = survivor_id

),

own_domains as (

    select distinct lower(value) as domain
    from {{ ref('stg_internal_list') }}
    where kind = 'domain'

),

staff as (

    select distinct email_hash
    from {{ ref('stg_owner') }}
    where email_hash is not null

),

final as (

    select
        row_number() over (order by leads.created_at, leads.lead_id) as lead_no,
        leads.lead_id,
        leads.phone_hash,
        leads.email_hash,
        {{ normal_company_name('leads.company_name') }} || '|' || leads.name_hash as name_key,
        leads.created_at,
    from leads
    inner join survivors
        on leads.lead_id = survivors.id_value
    left join own_domains
        on lower(leads.email_domain) = own_domains.domain
    left join staff
        on leads.email_hash = staff.email_hash
    where own_domains.domain is null and staff.email_hash is null

)

select * from final
