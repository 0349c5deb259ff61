-- One row per corporate domain with the company it names: the only company that has it, else one
-- known by this domain alone (identity rule 5d).
with

companies as (

    select * from {{ ref('int_companies__described') }}
    where domain is not null

),

leads as (

    select * from {{ ref('stg_lead') }}

),

forms as (

    select * from {{ ref('stg_form_submit') }}

),

own_domains as (

    select lower(value) as domain
    from {{ ref('stg_internal_list') }}
    where kind = 'domain'

),

known as (

    select
        domain,
        count(*) as companies,
        min(company_id) as company_id,
    from companies
    group by domain

),

mailed as (

    select {{ corporate_domain('email_domain') }} as domain from leads
    union
    select {{ corporate_domain('email_domain') }} as domain from forms

),

unknown as (

    select mailed.domain
    from mailed
    left join known
        on mailed.domain = known.domain
    left join own_domains
        on mailed.domain = own_domains.domain
    where mailed.domain is not null and known.domain is null and own_domains.domain is null

),

final as (

    select
        domain,
        company_id,
    from known
    where companies = 1

    union all

    select
        domain,
        'd:' || domain as company_id,
    from unknown

)

select * from final
