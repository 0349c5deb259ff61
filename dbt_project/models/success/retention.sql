{%- set exact = {
    'day': [0, 1, 2, 3, 4, 5, 6, 7, 14, 30], 'week': range(13), 'month': range(13)
} %}
{%- set brackets = {
    'day': [(1, 7), (8, 14), (15, 30)],
    'week': [(1, 4), (5, 8), (9, 12)],
    'month': [(1, 3), (4, 6), (7, 12)]
} %}
{%- set last_step = {'day': 30, 'week': 12, 'month': 12} %}
with

subject_days as (

    select * from {{ ref('int_active_days__resolved') }}
    where business_line = 'ALL' and subject_type in ('person', 'company')

),

analyses as (

    select * from {{ ref('retention_defs') }}

),

persons as (

    select person_id, first_channel_id from {{ ref('dim_person') }}

),

members as (

    select distinct person_id, company_id from {{ ref('bridge_person_company') }}

),

touchpoints as (

    select * from {{ ref('fct_touchpoint') }}
    where touched_at < {{ param('as_of_end') }}

),

company_channels as (

    select members.company_id, touchpoints.channel_id,
    from members
    inner join touchpoints on members.person_id = touchpoints.person_id
    qualify row_number() over (
        partition by members.company_id
        order by touchpoints.touched_at, touchpoints.touch_rank, touchpoints.touch_id
    ) = 1

),

measures as (

    select
        subject_no,
        business_date,
        {{ rows_each([
            {'measure': "'active_events'", 'happened': 'active_events'},
            {'measure': "'core_events'", 'happened': 'core_events'},
            {'measure': "'logins'", 'happened': 'logins'},
            {'measure': "'launches'", 'happened': 'launches'}
        ]) }},
    from subject_days

),

measured_days as (

    select subject_no, business_date, measure,
    from measures
    where happened > 0

),

subjects as (

    select distinct subject_no, subject_type, subject from subject_days

),

first_channels as (

    select 'person' as subject_type, person_id as subject, first_channel_id as channel_id,
    from persons
    union all
    select 'company', company_id, channel_id from company_channels

),

channelled_subjects as (

    select
        subjects.subject_no,
        subjects.subject_type,
        coalesce(first_channels.channel_id, 'unattributed') as channel_id,
    from subjects
    left join first_channels
        on subjects.subject_type = first_channels.subject_type
        and subjects.subject = first_channels.subject

),

starts as (

    select
        analyses.analysis,
        analyses.return_measure,
        measured_days.subject_no,
        min(measured_days.business_date) as start_date,
    from analyses
    inner join measured_days on analyses.start_measure = measured_days.measure
    group by all

),

channelled_starts as (

    select
        starts.*,
        channelled_subjects.subject_type,
        channelled_subjects.channel_id,
    from starts
    inner join channelled_subjects on starts.subject_no = channelled_subjects.subject_no

),

returns as (

    select
        channelled_starts.analysis,
        channelled_starts.subject_type,
        channelled_starts.subject_no,
        channelled_starts.start_date,
        channelled_starts.channel_id,
        measured_days.business_date,
    from channelled_starts
    inner join measured_days
        on channelled_starts.subject_no = measured_days.subject_no
        and channelled_starts.return_measure = measured_days.measure
        and measured_days.business_date >= channelled_starts.start_date

),

-- period numbers: days, ISO weeks (Monday is day 0 of week 0 since 1970-01-05), calendar months;
-- no mode but unbounded asks for returns after the last step
subject_returns as (

    select
        analysis,
        subject_type,
        'day' as period_type,
        subject_no,
        start_date as cohort,
        channel_id,
        {{ days_between('start_date', 'business_date') }} as n,
    from returns
    where {{ days_between('start_date', 'business_date') }} <= {{ last_step['day'] }}
    union all
    select distinct
        analysis,
        subject_type,
        'week',
        subject_no,
        date_trunc('week', start_date)::date,
        channel_id,
        {{ weeks_between('start_date', 'business_date') }},
    from returns
    where {{ weeks_between('start_date', 'business_date') }} <= {{ last_step['week'] }}
    union all
    select distinct
        analysis,
        subject_type,
        'month',
        subject_no,
        date_trunc('month', start_date)::date,
        channel_id,
        {{ months_between('start_date', 'business_date') }},
    from returns
    where {{ months_between('start_date', 'business_date') }} <= {{ last_step['month'] }}

),

cohorts as (

    select
        analysis,
        subject_type,
        'day' as period_type,
        start_date as cohort,
        start_date as last_day,
        channel_id,
        count(*) as cohort_size,
    from channelled_starts
    group by all
    union all
    select
        analysis,
        subject_type,
        'week',
        date_trunc('week', start_date)::date,
        date_trunc('week', start_date)::date + 6,
        channel_id,
        count(*),
    from channelled_starts
    group by all
    union all
    select
        analysis,
        subject_type,
        'month',
        date_trunc('month', start_date)::date,
        last_day(start_date),
        channel_id,
        count(*),
    from channelled_starts
    group by all

),

-- a mode counts returns in the periods first_n to n; unbounded in n and all later ones
steps as (

    {% for period_type in exact -%}
    {% for n in exact[period_type] -%}
    select 'n_day' as mode, '{{ period_type }}' as period_type, {{ n }} as first_n, {{ n }} as n
    union all
    select 'unbounded', '{{ period_type }}', {{ n }}, {{ n }}
    union all
    {% endfor -%}
    {% for first_n, n in brackets[period_type] -%}
    select 'bracket', '{{ period_type }}', {{ first_n }}, {{ n }}
    {% if not loop.last %}union all {% endif -%}
    {% endfor -%}
    {% if not loop.last %}union all {% endif -%}
    {% endfor %}

),

cells as (

    select
        cohorts.*,
        steps.mode,
        steps.n,
        case cohorts.period_type
            when 'day' then cohorts.last_day + steps.n
            when 'week' then cohorts.last_day + 7 * steps.n
            else last_day(cast(
                {{ dbt.dateadd('month', 'steps.n', 'cohorts.cohort') }} as date
            ))
        end <= {{ param('as_of') }} as is_mature,
    from cohorts
    inner join steps on cohorts.period_type = steps.period_type

),

exact_returns as (

    select analysis, subject_type, period_type, cohort, channel_id, n, count(*) as retained,
    from subject_returns
    group by all

),

last_days as (

    select
        analysis,
        subject_type,
        subject_no,
        start_date,
        channel_id,
        max(business_date) as last_date,
    from returns
    group by all

),

last_returns as (

    select
        analysis,
        subject_type,
        'day' as period_type,
        start_date as cohort,
        channel_id,
        {{ days_between('start_date', 'last_date') }} as last_n,
        count(*) as subjects,
    from last_days
    group by all
    union all
    select
        analysis,
        subject_type,
        'week',
        date_trunc('week', start_date)::date,
        channel_id,
        {{ weeks_between('start_date', 'last_date') }},
        count(*),
    from last_days
    group by all
    union all
    select
        analysis,
        subject_type,
        'month',
        date_trunc('month', start_date)::date,
        channel_id,
        {{ months_between('start_date', 'last_date') }},
        count(*),
    from last_days
    group by all

),

later_returns as (

    select
        last_returns.analysis,
        last_returns.subject_type,
        last_returns.period_type,
        last_returns.cohort,
        last_returns.channel_id,
        steps.n,
        cast(sum(last_returns.subjects) as bigint) as retained,
    from last_returns
    inner join steps
        on last_returns.period_type = steps.period_type and last_returns.last_n >= steps.n
    where steps.mode = 'unbounded'
    group by all

),

bracket_members as (

    select distinct
        subject_returns.analysis,
        subject_returns.subject_type,
        subject_returns.period_type,
        subject_returns.cohort,
        subject_returns.channel_id,
        subject_returns.subject_no,
        steps.n,
    from subject_returns
    inner join steps
        on subject_returns.period_type = steps.period_type
        and subject_returns.n between steps.first_n and steps.n
    where steps.mode = 'bracket'

),

bracket_returns as (

    select analysis, subject_type, period_type, cohort, channel_id, n, count(*) as retained,
    from bracket_members
    group by all

),

retained as (

    select *, 'n_day' as mode, from exact_returns
    union all
    select *, 'unbounded' as mode, from later_returns
    union all
    select *, 'bracket' as mode, from bracket_returns

),

channel_cells as (

    select cells.*, coalesce(retained.retained, 0) as retained,
    from cells
    left join retained
        on cells.analysis = retained.analysis
        and cells.subject_type = retained.subject_type
        and cells.period_type = retained.period_type
        and cells.cohort = retained.cohort
        and cells.channel_id = retained.channel_id
        and cells.mode = retained.mode
        and cells.n = retained.n

),

-- a subject has one channel, so the ALL row is the sum of its channels
segment_cells as (

    select
        analysis,
        subject_type,
        mode,
        period_type,
        cohort,
        case when grouping(channel_id) = 1 then 'ALL' else 'channel' end as segment_type,
        case when grouping(channel_id) = 1 then 'ALL' else channel_id end as segment,
        n,
        is_mature,
        cast(sum(cohort_size) as bigint) as cohort_size,
        cast(sum(retained) as bigint) as known_retained,
    from channel_cells
    group by grouping sets (
        (analysis, subject_type, mode, period_type, cohort, n, is_mature),
        (analysis, subject_type, mode, period_type, cohort, n, is_mature, channel_id)
    )

),

final as (

    select
        analysis,
        subject_type,
        mode,
        period_type,
        cohort,
        segment_type,
        segment,
        cast(n as integer) as n,
        cohort_size,
        case when is_mature then known_retained end as retained,
        case when is_mature then {{ safe_div('known_retained', 'cohort_size') }} end as rate,
        is_mature,
    from segment_cells

)

select * from final
