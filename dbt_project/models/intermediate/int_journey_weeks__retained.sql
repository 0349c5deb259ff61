-- The first moment of each cycle at which a customer was active in a fourth ISO week in a row
-- after the payment: the first active event of that week.
with

days as (

    select * from {{ ref('int_journey_days__active') }}
    where first_active_at is not null

),

entries as (

    select * from {{ ref('int_journey_entries__collected') }}

),

cycles as (

    select * from {{ ref('int_journey_cycles__bounded') }}

),

customers as (

    select
        subject_type,
        subject,
        min(entered_at) as paid_at,
    from entries
    where stage_no = 6
    group by subject_type, subject

),

weeks as (

    select
        cycles.subject_no,
        cycles.cycle,
        cast(date_trunc('week', days.business_date) as date) as week,
        min(days.first_active_at) as first_active_at,
    from customers
    inner join cycles
        on customers.subject_type = cycles.subject_type and customers.subject = cycles.subject
    inner join days
        on
            cycles.subject_type = days.subject_type
            and cycles.subject = days.subject
            and days.first_active_at >= customers.paid_at
            and (cycles.opened_at is null or days.first_active_at >= cycles.opened_at)
            and (cycles.churned_at is null or days.first_active_at < cycles.churned_at)
    group by cycles.subject_no, cycles.cycle, week

),

spans as (

    select
        *,
        lag(week, 3) over (
            partition by subject_no, cycle order by week
        ) as third_week_before,
    from weeks

),

final as (

    select
        subject_no,
        cycle,
        min(first_active_at) as retained_at,
    from spans
    where third_week_before = week - 21
    group by subject_no, cycle

)

select * from final
