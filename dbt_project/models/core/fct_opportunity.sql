with

opportunities as (

    select * from {{ ref('stg_opportunity') }}

),

accounts as (

    select * from {{ ref('int_accounts__surviving') }}

),

leads as (

    select * from {{ ref('int_leads__surviving') }}

),

companies as (

    select * from {{ ref('map_company') }}
    where id_type = 'account_id'

),

identities as (

    select * from {{ ref('map_identity') }}

),

dated as (

    select
        opportunities.*,
        coalesce(accounts.survivor_id, opportunities.account_id) as account_ref,
        coalesce(leads.survivor_id, opportunities.lead_id) as lead_ref,
        {{ business_date('opportunities.created_at') }} as created_date,
        {{ business_date('opportunities.closed_at') }} as closed_date,
    from opportunities
    left join accounts
        on opportunities.account_id = accounts.id_value
    left join leads
        on opportunities.lead_id = leads.id_value

),

final as (

    select
        dated.opportunity_id,
        companies.company_id,
        dated.account_ref as account_id,
        coalesce(by_contact.person_id, by_lead.person_id) as person_id,
        dated.lead_ref as lead_id,
        dated.type,
        dated.business_line,
        dated.created_at,
        dated.created_date,
        dated.accepted_at,
        dated.stage,
        {{ to_reporting('dated.amount', 'dated.currency', 'dated.created_date') }} as amount,
        cast(dated.amount as decimal(18, 2)) as native_amount,
        dated.currency,
        dated.expected_close,
        dated.closed_at,
        dated.closed_date,
        case
            when dated.closed_at is not null then coalesce(dated.is_won, dated.stage = 'won')
        end as is_won,
        dated.lost_reason,
        dated.owner_id,
    from dated
    left join companies
        on dated.account_ref = companies.id_value
    left join identities as by_contact
        on
            by_contact.id_type = 'contact_id'
            and dated.primary_contact_id = by_contact.id_value
    left join identities as by_lead
        on by_lead.id_type = 'lead_id' and dated.lead_ref = by_lead.id_value

)

select * from final
