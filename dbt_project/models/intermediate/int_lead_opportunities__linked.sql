-- The opportunities that a kept lead became: those that name the lead (or a duplicate of it), and
-- the one that the lead names. Accepted ones only, up to the end of as_of.
with

leads as (

    select
        lead_id,
        coalesce(kept_lead_id, lead_id) as kept_lead_id,
        converted_opportunity_id
    from {{ ref('fct_lead') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}
    where accepted_at < {{ param('as_of_end') }}

),

links as (

    select
        leads.kept_lead_id as lead_id,
        opportunities.opportunity_id,
        opportunities.accepted_at
    from opportunities
    inner join leads
        on opportunities.lead_id = leads.lead_id

    union

    select
        leads.kept_lead_id as lead_id,
        opportunities.opportunity_id,
        opportunities.accepted_at
    from opportunities
    inner join leads
        on opportunities.opportunity_id = leads.converted_opportunity_id

),

final as (

    select * from links

)

select * from final
