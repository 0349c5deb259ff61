-- K09 and G12: who gets the credit for a company's first paid contract and for its first accepted
-- opportunity, by first and by last touch. One row per conversion and model; credit is 1 here, and
-- the channel is 'unattributed' where no touch lies in the window.
--
-- A contract has a signing day and no instant: its conversion time is the end of that day, and
-- the window opens at the start of the day lookback_days earlier. An opportunity converts at
-- accepted_at, and a touch exactly lookback_days before it still counts.
with

contracts as (

    select * from {{ ref('fct_contract') }}
    where is_first_paid and signed_date <= {{ param('as_of') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}
    where accepted_at < {{ param('as_of_end') }} and company_id is not null

),

leads as (

    select * from {{ ref('fct_lead') }}
    where created_at < {{ param('as_of_end') }} and company_id is not null

),

memberships as (

    select * from {{ ref('bridge_person_company') }}

),

touchpoints as (

    select * from {{ ref('fct_touchpoint') }}
    where touched_at < {{ param('as_of_end') }}

),

ranked_opportunities as (

    select
        opportunity_id,
        company_id,
        accepted_at,
        row_number() over (
            partition by company_id order by accepted_at, opportunity_id
        ) as opportunity_no
    from opportunities

),

conversions as (

    select
        'first_paid_contract' as conversion_type,
        contract_id as conversion_id,
        company_id,
        signed_date as converted_date,
        {{ day_start('signed_date - ' ~ var('lookback_days')) }} as window_start,
        {{ day_start('signed_date + 1') }} - interval '1 microsecond' as window_end
    from contracts

    union all

    select
        'first_accepted_opportunity' as conversion_type,
        opportunity_id as conversion_id,
        company_id,
        {{ business_date('accepted_at') }} as converted_date,
        accepted_at - interval '{{ var("lookback_days") }} days' as window_start,
        accepted_at as window_end
    from ranked_opportunities
    where opportunity_no = 1

),

company_persons as (

    select company_id, person_id from memberships
    union
    select company_id, person_id from leads

),

-- One company owns a cohort month: that of its earliest lead. Without a lead it is the month of
-- the conversion, so that no revenue falls out.
cohorts as (

    select
        conversions.conversion_type,
        conversions.conversion_id,
        cast(
            date_trunc(
                'month', coalesce(min(leads.created_date), min(conversions.converted_date))
            ) as date
        ) as lead_cohort_month
    from conversions
    left join leads
        on
            conversions.company_id = leads.company_id
            and leads.is_kept
            and leads.created_at <= conversions.window_end
    group by conversions.conversion_type, conversions.conversion_id

),

-- Already distinct; saying so keeps the planner from joining all conversions with all touches on
-- their times first.
company_touches as (

    select distinct
        company_persons.company_id,
        touchpoints.touch_id,
        touchpoints.channel_id,
        touchpoints.touched_at,
        touchpoints.touch_rank
    from company_persons
    inner join touchpoints
        on company_persons.person_id = touchpoints.person_id

),

touches as (

    select
        conversions.conversion_type,
        conversions.conversion_id,
        company_touches.touch_id,
        company_touches.channel_id,
        company_touches.touched_at,
        company_touches.touch_rank
    from conversions
    inner join company_touches
        on
            conversions.company_id = company_touches.company_id
            and company_touches.touched_at between conversions.window_start
            and conversions.window_end

),

ranked_touches as (

    select
        *,
        row_number() over (
            partition by conversion_type, conversion_id order by touched_at, touch_rank, touch_id
        ) as first_no,
        row_number() over (
            partition by conversion_type, conversion_id
            order by touched_at desc, touch_rank desc, touch_id desc
        ) as last_no
    from touches

),

credits as (

    select conversion_type, conversion_id, 'first' as attribution_model, channel_id
    from ranked_touches
    where first_no = 1

    union all

    select conversion_type, conversion_id, 'last' as attribution_model, channel_id
    from ranked_touches
    where last_no = 1

),

models as (

    select 'first' as attribution_model
    union all
    select 'last' as attribution_model

),

final as (

    select
        conversions.conversion_type,
        conversions.conversion_id,
        models.attribution_model,
        conversions.company_id,
        coalesce(credits.channel_id, 'unattributed') as channel_id,
        cast(1 as decimal(18, 6)) as credit,
        cohorts.lead_cohort_month,
        conversions.converted_date
    from conversions
    inner join cohorts
        on
            conversions.conversion_type = cohorts.conversion_type
            and conversions.conversion_id = cohorts.conversion_id
    cross join models
    left join credits
        on
            conversions.conversion_type = credits.conversion_type
            and conversions.conversion_id = credits.conversion_id
            and models.attribution_model = credits.attribution_model

)

select * from final
