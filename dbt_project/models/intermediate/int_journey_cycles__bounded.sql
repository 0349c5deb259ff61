-- One row per subject and cycle: from opened_at (empty in the first cycle) until churned_at, the
-- next cycle opens at returned_at. A company churns when its last recurring subscription has run
-- out and returns with the next one (D10), a person churns on the last of churn_inactive_days
-- without activity and returns with the next active event (H05). Only a customer (company) and a
-- subject that has entered some stage (person) can churn. subject_no numbers the subjects: a key
-- for this build only, several times faster than the names.
with

entries as (

    select * from {{ ref('int_journey_entries__collected') }}

),

days as (

    select * from {{ ref('int_journey_days__active') }}
    where first_active_at is not null

),

items as (

    select * from {{ ref('stg_subscription_item') }}
    where recurring and seats > 0 and unit_price > 0 and start_date <= {{ param('as_of') }}

),

contracts as (

    select * from {{ ref('fct_contract') }}
    where company_id is not null

),

starts as (

    select
        subject_type,
        subject,
        min(case when subject_type = 'person' or stage_no = 6 then entered_at end) as since,
    from entries
    group by subject_type, subject

),

subjects as (

    select
        *,
        row_number() over (order by subject_type, subject) as subject_no,
    from starts

),

-- Days of service, the first and the last included; a cancellation after as_of is not known yet.
services as (

    select
        contracts.company_id,
        items.start_date,
        case
            when items.canceled_at >= {{ param('as_of_end') }} then items.end_date
            else least(items.end_date, coalesce(
                items.service_end, {{ business_date('items.canceled_at') }}, items.end_date
            ))
        end as last_date,
    from items
    inner join contracts
        on items.contract_id = contracts.contract_id

),

service_steps as (

    select
        *,
        max(last_date) over (
            partition by company_id order by start_date, last_date
            rows between unbounded preceding and 1 preceding
        ) as served_until,
    from services
    where start_date <= last_date

),

service_breaks as (

    select
        company_id,
        {{ day_start('served_until + 1') }} as churned_at,
        {{ day_start('start_date') }} as returned_at,
    from service_steps
    where start_date > served_until + 1

    union all

    select
        company_id,
        {{ day_start('max(last_date) + 1') }} as churned_at,
        null as returned_at,
    from service_steps
    group by company_id
    having max(last_date) < {{ param('as_of') }}

),

day_steps as (

    select
        subject,
        business_date,
        lead(business_date) over (partition by subject order by business_date) as next_date,
        lead(first_active_at) over (partition by subject order by business_date)
            as returned_at,
    from days
    where subject_type = 'person'

),

breaks as (

    select
        'company' as subject_type,
        company_id as subject,
        churned_at,
        returned_at,
    from service_breaks

    union all

    select
        'person' as subject_type,
        subject,
        {{ day_start('business_date + ' ~ var('churn_inactive_days')) }} as churned_at,
        returned_at,
    from day_steps
    where coalesce(next_date, {{ param('as_of') }} + 1)
        > business_date + {{ var('churn_inactive_days') }}

),

churns as (

    select
        subjects.subject_no,
        breaks.churned_at,
        breaks.returned_at,
        row_number() over (
            partition by subjects.subject_no order by breaks.churned_at
        ) as cycle,
    from breaks
    inner join subjects
        on breaks.subject_type = subjects.subject_type and breaks.subject = subjects.subject
    where breaks.churned_at > subjects.since

),

openings as (

    select subject_no, 1 as cycle, null as opened_at from subjects
    union all
    select subject_no, cycle + 1 as cycle, returned_at as opened_at
    from churns
    where returned_at is not null

),

final as (

    select
        subjects.subject_type,
        subjects.subject,
        subjects.subject_no,
        openings.cycle,
        openings.opened_at,
        churns.churned_at,
        churns.returned_at,
    from openings
    inner join subjects
        on openings.subject_no = subjects.subject_no
    left join churns
        on openings.subject_no = churns.subject_no and openings.cycle = churns.cycle

)

select * from final
