with

opportunities as (

    select
        *,
        case when closed_at < {{ param('as_of_end') }} then closed_at end as known_closed_at,
    from {{ ref('fct_opportunity') }}
    where created_at < {{ param('as_of_end') }}

),

entries as (

    select * from {{ ref('int_opportunity_stages__dated') }}

),

odds as (

    select * from {{ ref('int_win_odds__accumulated') }}
    where snapshot_date = {{ param('as_of') }}

),

leads as (

    select lead_id, created_date from {{ ref('fct_lead') }}

),

touchpoints as (

    select * from {{ ref('fct_touchpoint') }}

),

members as (

    select distinct person_id, company_id from {{ ref('bridge_person_company') }}

),

persons as (

    select person_id, buyer_role from {{ ref('dim_person') }}

),

current_stages as (

    select
        opportunity_id,
        stage,
        {{ days_between('entered_date', param('as_of')) }} as stage_age_days,
        case
            when entered_date >= {{ param('as_of') }} - 7 then 0
            when entered_date >= {{ param('as_of') }} - 30 then 1
            when entered_date >= {{ param('as_of') }} - 60 then 2
            when entered_date >= {{ param('as_of') }} - 90 then 3
            else 4
        end as age_band,
    from entries
    where exited_date is null
    qualify row_number() over (
        partition by opportunity_id order by entered_date desc, entry_no desc
    ) = 1

),

win_chances as (

    select
        current_stages.opportunity_id,
        coalesce(odds.won, 0) + 1 as won_smoothed,
        coalesce(odds.closed, 0) + 2 as closed_smoothed,
    from current_stages
    left join odds
        on current_stages.stage = odds.stage
        and current_stages.age_band = odds.age_band

),

company_touches as (

    select
        opportunities.opportunity_id,
        count(distinct touchpoints.touch_id) as touches,
        count(distinct persons.buyer_role) as roles,
    from opportunities
    inner join members on opportunities.company_id = members.company_id
    inner join touchpoints
        on members.person_id = touchpoints.person_id
        and touchpoints.touched_at <= opportunities.created_at
        and touchpoints.touched_at
        >= {{ dbt.dateadd('day', '-' ~ var('lookback_days'), 'opportunities.created_at') }}
    left join persons on members.person_id = persons.person_id
    group by all

),

final as (

    select
        opportunities.opportunity_id,
        opportunities.company_id,
        opportunities.business_line,
        opportunities.owner_id,
        -- a close dated after as_of is not known yet: the stage is the last one entered
        case
            when opportunities.closed_at is not null and opportunities.known_closed_at is null
                then coalesce(current_stages.stage, opportunities.stage)
            else opportunities.stage
        end as stage,
        opportunities.lost_reason,
        cast(opportunities.amount as decimal(18, 2)) as amount,
        case
            when opportunities.known_closed_at is null
                then {{ safe_div('win_chances.won_smoothed', 'win_chances.closed_smoothed') }}
        end as win_prob,
        case
            when opportunities.known_closed_at is null then win_chances.won_smoothed
        end as win_prob_num,
        case
            when opportunities.known_closed_at is null then win_chances.closed_smoothed
        end as win_prob_den,
        coalesce(
            {{ business_date('opportunities.known_closed_at') }}, {{ param('as_of') }}
        ) - opportunities.created_date as age_days,
        case
            when opportunities.known_closed_at is not null and opportunities.is_won
                then {{ days_between('leads.created_date', business_date('opportunities.known_closed_at')) }}
        end as cycle_days,
        coalesce(company_touches.touches, 0) as touches,
        coalesce(company_touches.roles, 0) as roles,
        opportunities.created_at,
        case
            when opportunities.accepted_at < {{ param('as_of_end') }}
                then opportunities.accepted_at
        end as accepted_at,
        case when opportunities.is_won then opportunities.known_closed_at end as won_at,
        opportunities.known_closed_at as closed_at,
    from opportunities
    left join current_stages on opportunities.opportunity_id = current_stages.opportunity_id
    left join win_chances on opportunities.opportunity_id = win_chances.opportunity_id
    left join leads on opportunities.lead_id = leads.lead_id
    left join company_touches on opportunities.opportunity_id = company_touches.opportunity_id

)

select * from final
