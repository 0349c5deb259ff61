with

leads as (

    select * from {{ ref('stg_lead') }}

),

survivors as (

    select * from {{ ref('int_leads__surviving') }}

),

deduplicated as (

    select * from {{ ref('int_leads__deduplicated') }}

),

identities as (

    select * from {{ ref('map_identity') }}
    where id_type = 'lead_id'

),

memberships as (

    select * from {{ ref('bridge_person_company') }}

),

opportunities as (

    select * from {{ ref('stg_opportunity') }}

),

companies as (

    select * from {{ ref('map_company') }}
    where id_type = 'account_id'

),

described as (

    select * from {{ ref('int_companies__described') }}

),

touchpoints as (

    select * from {{ ref('fct_touchpoint') }}

),

touch_sources as (

    select * from {{ ref('int_touch_sources__matched') }}

),

identified as (

    select
        leads.*,
        {{ business_date('leads.created_at') }} as created_date,
        identities.person_id,
        kept.kept_lead_id,
    from leads
    inner join survivors
        on leads.lead_id = survivors.id_value
    inner join identities
        on leads.lead_id = identities.id_value
    inner join deduplicated as kept
        on survivors.survivor_id = kept.lead_id

),

-- The first visit, form or call of the person whose source is known, up to the lead itself.
first_touches as (

    select
        identified.lead_id,
        min_by(
            {{ packed({
                'channel_id': 'touchpoints.channel_id', 'campaign': 'touchpoints.campaign'
            }) }},
            (touchpoints.touched_at, touchpoints.touch_rank, touchpoints.touch_id)
        ) as touch,
    from identified
    inner join touchpoints
        on
            identified.person_id = touchpoints.person_id
            and touchpoints.touched_at <= identified.created_at
            and touchpoints.channel_id <> 'unassigned'
    group by identified.lead_id

),

-- The company of the person when the lead came in; a membership that begins later (the contact is
-- created when the lead is converted) names the company where nothing did before.
lead_companies as (

    select
        identified.lead_id,
        min_by(
            memberships.company_id,
            (
                case
                    when
                        memberships.valid_from <= identified.created_at
                        and (
                            memberships.valid_to is null
                            or memberships.valid_to > identified.created_at
                        )
                        then 1
                    else 2
                end,
                memberships.valid_from,
                memberships.company_id
            )
        ) as company_id,
    from identified
    inner join memberships
        on
            identified.person_id = memberships.person_id
            and (
                memberships.valid_to is null
                or memberships.valid_to > identified.created_at
            )
    group by identified.lead_id

),

-- The opportunity that a lead names, and those that name the lead: two joins, because one over
-- either condition compares every lead with every opportunity.
lead_opportunities as (

    select
        identified.lead_id,
        opportunities.account_id,
    from identified
    inner join opportunities
        on identified.converted_opportunity_id = opportunities.opportunity_id
    union all
    select
        identified.lead_id,
        opportunities.account_id,
    from identified
    inner join opportunities
        on identified.lead_id = opportunities.lead_id

),

converted as (

    select
        lead_opportunities.lead_id,
        min(companies.company_id) as company_id,
    from lead_opportunities
    inner join companies
        on lead_opportunities.account_id = companies.id_value
    group by lead_opportunities.lead_id

),

final as (

    select
        identified.lead_id,
        identified.person_id,
        coalesce(lead_companies.company_id, converted.company_id) as company_id,
        identified.created_at,
        identified.created_date,
        coalesce(first_touches.touch.channel_id, touch_sources.channel_id, 'unassigned')
            as channel_id,
        case
            when first_touches.lead_id is not null then first_touches.touch.campaign
            else identified.utm_campaign
        end as campaign,
        identified.owner_id,
        coalesce(described.industry_l1, identified.industry) as industry,
        coalesce(
            described.headcount,
            try_cast(regexp_extract(identified.headcount_raw, '([0-9]+)', 1) as bigint)
        ) as headcount,
        identified.status,
        identified.invalid_reason,
        identified.lead_id = identified.kept_lead_id as is_kept,
        identified.kept_lead_id,
        identified.source_event_id,
        identified.converted_opportunity_id,
    from identified
    left join lead_companies
        on identified.lead_id = lead_companies.lead_id
    left join converted
        on identified.lead_id = converted.lead_id
    left join described
        on coalesce(lead_companies.company_id, converted.company_id) = described.company_id
    left join first_touches
        on identified.lead_id = first_touches.lead_id
    left join touch_sources
        on
            identified.utm_source is not distinct from touch_sources.utm_source
            and identified.utm_medium is not distinct from touch_sources.utm_medium
            and identified.utm_campaign is not distinct from touch_sources.utm_campaign
            and identified.channel_raw is not distinct from touch_sources.channel_raw
            and touch_sources.referrer_domain is null
            and touch_sources.platform is null
            and touch_sources.ad_type is null
            and coalesce(
                identified.utm_source,
                identified.utm_medium,
                identified.utm_campaign,
                identified.channel_raw
            ) is not null

)

select * from final
