-- Identity rule 5: employee account before contact before e-mail domain before company name. At
-- each instant the best evidence that holds then decides, so a person is in one company at a time.
with

identities as (

    select * from {{ ref('map_identity') }}

),

companies as (

    select * from {{ ref('map_company') }}

),

domains as (

    select * from {{ ref('int_company_domains__unique') }}

),

company_names as (

    select * from {{ ref('int_company_names__unique') }}

),

employee_accounts as (

    select * from {{ ref('stg_employee_account') }}
    where login_id is not null

),

contacts as (

    select * from {{ ref('stg_contact') }}
    where account_id is not null and not coalesce(is_deleted, false)

),

leads as (

    select
        lead_id,
        city,
        created_at,
        {{ corporate_domain('email_domain') }} as domain,
        {{ normal_company_name('company_name') }} as name_norm,
    from {{ ref('stg_lead') }}
    where not coalesce(is_deleted, false)

),

forms as (

    select
        anonymous_id,
        event_at,
        {{ corporate_domain('email_domain') }} as domain,
    from {{ ref('stg_form_submit') }}

),

evidence as (

    select
        identities.person_id,
        companies.company_id,
        1 as evidence_rank,
        'employee_account' as evidence,
        employee_accounts.opened_at as starts_at,
        employee_accounts.closed_at as ends_at,
    from employee_accounts
    inner join identities
        on identities.id_type = 'login_id' and employee_accounts.login_id = identities.id_value
    inner join companies
        on companies.id_type = 'tenant_id' and employee_accounts.company_id = companies.id_value

    union all

    select
        identities.person_id,
        companies.company_id,
        2 as evidence_rank,
        'contact' as evidence,
        coalesce(contacts.created_at, contacts.updated_at, contacts._loaded_at) as starts_at,
        null as ends_at,
    from contacts
    inner join identities
        on identities.id_type = 'contact_id' and contacts.contact_id = identities.id_value
    inner join companies
        on companies.id_type = 'account_id' and contacts.account_id = companies.id_value

    union all

    select
        identities.person_id,
        domains.company_id,
        3 as evidence_rank,
        'email_domain' as evidence,
        leads.created_at as starts_at,
        null as ends_at,
    from leads
    inner join identities
        on identities.id_type = 'lead_id' and leads.lead_id = identities.id_value
    inner join domains
        on leads.domain = domains.domain

    union all

    select
        identities.person_id,
        domains.company_id,
        3 as evidence_rank,
        'email_domain' as evidence,
        forms.event_at as starts_at,
        null as ends_at,
    from forms
    inner join identities
        on
            identities.id_type = 'anonymous_id'
            and forms.anonymous_id = identities.id_value
            and {{ held_at('identities', 'forms.event_at') }}
    inner join domains
        on forms.domain = domains.domain

    union all

    select
        identities.person_id,
        company_names.company_id,
        4 as evidence_rank,
        'company_name' as evidence,
        leads.created_at as starts_at,
        null as ends_at,
    from leads
    inner join identities
        on identities.id_type = 'lead_id' and leads.lead_id = identities.id_value
    inner join company_names
        on leads.name_norm = company_names.name_norm and leads.city = company_names.city

),

-- Of what nothing ends, the newest sighting decides, also where it leads back to an earlier company:
-- one holds until the next that names another.
sightings as (

    select
        *,
        lag(company_id) over (
            partition by person_id, evidence_rank, ends_at order by starts_at, company_id desc
        ) as company_before,
    from evidence
    where ends_at is null or ends_at > starts_at

),

bounded as (

    select
        person_id,
        company_id,
        evidence_rank,
        evidence,
        starts_at,
        coalesce(
            ends_at,
            lead(starts_at) over (
                partition by person_id, evidence_rank, ends_at order by starts_at, company_id desc
            )
        ) as ends_at,
    from sightings
    where ends_at is not null or company_id is distinct from company_before

),

spans as (

    select * from bounded
    where ends_at is null or ends_at > starts_at

),

instants as (

    select person_id, starts_at as instant from spans
    union
    select person_id, ends_at as instant from spans where ends_at is not null

),

intervals as (

    select
        person_id,
        instant as valid_from,
        lead(instant) over (partition by person_id order by instant) as valid_to,
    from instants

),

ranked as (

    select
        intervals.person_id,
        intervals.valid_from,
        intervals.valid_to,
        spans.company_id,
        spans.evidence,
        row_number() over (
            partition by intervals.person_id, intervals.valid_from
            order by spans.evidence_rank, spans.starts_at desc, spans.company_id
        ) as evidence_no,
    from intervals
    inner join spans
        on
            intervals.person_id = spans.person_id
            and intervals.valid_from >= spans.starts_at
            and (spans.ends_at is null or intervals.valid_from < spans.ends_at)

),

decided as (

    select
        *,
        lag(valid_to) over (partition by person_id order by valid_from)
            is distinct from valid_from
        or lag(company_id) over (partition by person_id order by valid_from)
            is distinct from company_id
        or lag(evidence) over (partition by person_id order by valid_from)
            is distinct from evidence as is_change,
    from ranked
    where evidence_no = 1

),

numbered as (

    select
        *,
        sum(cast(is_change as integer)) over (
            partition by person_id order by valid_from
            rows between unbounded preceding and current row
        ) as period_no,
    from decided

),

final as (

    select
        person_id,
        company_id,
        evidence,
        min(valid_from) as valid_from,
        case when bool_and(valid_to is not null) then max(valid_to) end as valid_to,
    from numbered
    group by person_id, company_id, evidence, period_no

)

select * from final
