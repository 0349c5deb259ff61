with first_companies as (
    select cast(deal_id as varchar) as deal_id, min(cast(company_id as varchar)) as company_id
    from deal_company
    group by all
),

first_contacts as (
    select cast(deal_id as varchar) as deal_id, min(cast(contact_id as varchar)) as contact_id
    from deal_contact
    group by all
),

stages as (
    select
        cast(stage_id as varchar) as stage_id,
        case
            when cast(closed_won as boolean) then 'won'
            when cast(is_closed as boolean) then 'lost'
            when cast(probability as double) < 0.2 then 'discovery'
            when cast(probability as double) < 0.5 then 'demo'
            when cast(probability as double) < 0.8 then 'proposal'
            else 'negotiation'
        end as stage
    from deal_pipeline_stage
)

select
    deal._file,
    deal._row,
    deal.deal_id as opportunity_id,
    first_companies.company_id as account_id,
    'new' as type,
    constants.business_line,
    deal.property_createdate as created_at,
    deal.property_createdate as accepted_at,
    stages.stage,
    deal.property_amount as amount,
    constants.currency,
    cast(try_cast(deal.property_closedate as timestamp) as date) as expected_close,
    case when stages.stage in ('won', 'lost') then deal.property_closedate end as closed_at,
    case when stages.stage in ('won', 'lost') then stages.stage = 'won' end as is_won,
    deal.owner_id,
    first_contacts.contact_id as primary_contact_id,
    first_contacts.contact_id as lead_id,
    deal.is_deleted,
from deal
left join first_companies on first_companies.deal_id = cast(deal.deal_id as varchar)
left join first_contacts on first_contacts.deal_id = cast(deal.deal_id as varchar)
left join stages on stages.stage_id = cast(deal.deal_pipeline_stage_id as varchar)
cross join constants
