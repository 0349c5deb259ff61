-- One row per subject (person, company, employee), business line (and ALL) and business date with
-- product events. A company is active through its employees; a person is the current owner of the
-- node that the event carries; a machine is none. subject_no and series_no number the subjects, and the subjects on a
-- business line: keys for this build only, several times faster than the names.
with

user_days as (

    select * from {{ ref('fct_user_day') }}
    where business_date <= {{ param('as_of') }}

),

split_days as (

    select * from {{ ref('int_user_days__split') }}
    where business_date <= {{ param('as_of') }}

),

identities as (

    select * from {{ ref('map_identity') }}

),

owned_days as (

    {{ owned_user_days() }}

),

lines as (

    select
        {{ rows_each([
            {
                'subject_type': "'person'",
                'subject': "case when node_type <> 'company_id' then coalesce(
                    person_id, node_type || ':' || node_value
                ) end",
                'company_id': 'null::varchar'
            },
            {
                'subject_type': "'company'",
                'subject': "case when employee_id is not null then company_id end",
                'company_id': 'company_id'
            },
            {
                'subject_type': "'employee'",
                'subject': "company_id || '/' || employee_id",
                'company_id': 'company_id'
            }
        ]) }},
        business_line,
        business_date,
        active_events,
        core_events,
        logins,
        launches,
        duration_seconds,
    from owned_days

),

totals as (

    select
        subject_type,
        subject,
        company_id,
        case when grouping(business_line) = 1 then 'ALL' else business_line end
            as business_line,
        business_date,
        cast(sum(active_events) as bigint) as active_events,
        cast(sum(core_events) as bigint) as core_events,
        cast(sum(logins) as bigint) as logins,
        cast(sum(launches) as bigint) as launches,
        cast(sum(cast(duration_seconds as decimal(18, 3))) as decimal(18, 3))
            as duration_seconds,
    from lines
    where subject is not null
    group by grouping sets (
        (subject_type, subject, company_id, business_date),
        (subject_type, subject, company_id, business_date, business_line)
    )

),

series as (

    select
        subject_type,
        subject,
        business_line,
        dense_rank() over (order by subject_type, subject) as subject_no,
        row_number() over (order by subject_type, subject, business_line) as series_no,
    from (select distinct subject_type, subject, business_line from totals) as seen

),

final as (

    select totals.*, series.subject_no, series.series_no,
    from totals
    inner join series
        on totals.subject_type = series.subject_type
        and totals.subject = series.subject
        and totals.business_line = series.business_line

)

select * from final
