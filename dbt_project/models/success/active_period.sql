with

subject_days as (

    select * from {{ ref('int_active_days__resolved') }}

),

registrations as (

    select * from {{ ref('int_subjects__registered') }}

),

days as (

    select date, week_start, month_start,
    from {{ ref('dim_date') }}
    where date between (select min(business_date) from subject_days) and {{ param('as_of') }}

),

-- period_end is the last day of the whole period, seen_until the last one that has passed
periods as (

    select
        'day' as period_type,
        date as period_start,
        date as period_end,
        date as seen_until,
    from days
    union all
    select distinct 'week', week_start, week_start + 6,
        least(week_start + 6, {{ param('as_of') }}),
    from days
    union all
    select distinct 'month', month_start, last_day(month_start),
        least(last_day(month_start), {{ param('as_of') }}),
    from days

),

groups as (

    select distinct subject_type, business_line from subject_days

),

-- an activity counts for the day and the 6 (29, churn_inactive_days - 1) days after it, at most
-- until the next activity takes over: running sums of +1 and -1 count distinct subjects
spans as (

    select
        series_no,
        subject_type,
        business_line,
        business_date,
        coalesce(lead(business_date) over series_history, date '9999-12-31') as next_date,
        lag(business_date) over series_history as last_date,
    from subject_days
    where active_events > 0
    window series_history as (partition by series_no order by business_date)

),

changes as (

    select
        subject_type,
        business_line,
        business_date as date,
        count(*) as active,
        count(*) as in_7d,
        count(*) as in_30d,
        count(*) as in_churn_window,
        count(*) filter (where last_date is null) as newcomers,
    from spans
    group by all
    union all
    select subject_type, business_line, least(business_date + 7, next_date), 0, -count(*), 0, 0, 0,
    from spans
    group by all
    union all
    select subject_type, business_line, least(business_date + 30, next_date), 0, 0, -count(*), 0, 0,
    from spans
    group by all
    union all
    select
        subject_type,
        business_line,
        least(business_date + {{ var('churn_inactive_days') }}, next_date),
        0,
        0,
        0,
        -count(*),
        0,
    from spans
    group by all

),

daily_changes as (

    select
        subject_type,
        business_line,
        date,
        sum(active) as active,
        sum(in_7d) as in_7d,
        sum(in_30d) as in_30d,
        sum(in_churn_window) as in_churn_window,
        sum(newcomers) as newcomers,
    from changes
    group by all

),

registration_changes as (

    select subject_type, greatest(registered_date, (select min(days.date) from days)) as date,
        1 as registered,
    from registrations
    union all
    select subject_type, greatest(deregistered_date, (select min(days.date) from days)), -1,
    from registrations

),

daily_registrations as (

    select subject_type, date, sum(registered) as registered,
    from registration_changes
    group by all

),

daily as (

    select
        groups.subject_type,
        groups.business_line,
        days.date,
        coalesce(sum(daily_changes.in_7d) over running, 0) as rolling_7d,
        coalesce(sum(daily_changes.in_30d) over running, 0) as rolling_30d,
        coalesce(sum(daily_changes.in_churn_window) over running, 0) as in_churn_window,
        coalesce(sum(daily_changes.newcomers) over running, 0) as newcomers_until,
        coalesce(sum(daily_changes.active) over (
            partition by groups.subject_type, groups.business_line order by days.date
            rows between 29 preceding and current row
        ), 0) as active_days_30d,
        coalesce(sum(daily_registrations.registered) over running, 0) as registered,
    from groups
    cross join days
    left join daily_changes
        on groups.subject_type = daily_changes.subject_type
        and groups.business_line = daily_changes.business_line
        and days.date = daily_changes.date
    left join daily_registrations
        on groups.subject_type = daily_registrations.subject_type
        and days.date = daily_registrations.date
    window running as (
        partition by groups.subject_type, groups.business_line order by days.date
        rows between unbounded preceding and current row
    )

),

subject_periods as (

    select
        series_no,
        'day' as period_type,
        business_date as period_start,
        cast(active_events > 0 as bigint) as active_days,
        launches,
        duration_seconds,
        logins,
    from subject_days
    union all
    select
        subject_days.series_no,
        'week',
        days.week_start,
        count(*) filter (where subject_days.active_events > 0),
        sum(subject_days.launches),
        sum(subject_days.duration_seconds),
        sum(subject_days.logins),
    from subject_days
    inner join days on subject_days.business_date = days.date
    group by all
    union all
    select
        subject_days.series_no,
        'month',
        days.month_start,
        count(*) filter (where subject_days.active_events > 0),
        sum(subject_days.launches),
        sum(subject_days.duration_seconds),
        sum(subject_days.logins),
    from subject_days
    inner join days on subject_days.business_date = days.date
    group by all

),

series as (

    select distinct series_no, subject_type, subject, business_line from subject_days

),

series_registrations as (

    select series.series_no, registrations.registered_date, registrations.deregistered_date,
    from registrations
    inner join series
        on registrations.subject_type = series.subject_type
        and registrations.subject = series.subject

),

activity as (

    select
        series.subject_type,
        series.business_line,
        subject_periods.period_type,
        subject_periods.period_start,
        count(*) filter (where subject_periods.active_days > 0) as active_subjects,
        sum(subject_periods.launches) as launches,
        sum(subject_periods.duration_seconds) as duration_total_seconds,
        sum(subject_periods.active_days) as active_days,
        sum(subject_periods.logins) as logins,
        count(*) filter (
            where subject_periods.active_days > 0 and series_registrations.series_no is not null
        ) as active_registered,
    from subject_periods
    inner join series on subject_periods.series_no = series.series_no
    inner join periods
        on subject_periods.period_type = periods.period_type
        and subject_periods.period_start = periods.period_start
    left join series_registrations
        on subject_periods.series_no = series_registrations.series_no
        and periods.seen_until >= series_registrations.registered_date
        and periods.seen_until < series_registrations.deregistered_date
    group by all

),

-- unbroken stretches of days within churn_inactive_days of an activity; silent_date is the first
-- day after one (H04: no active employee for that many days)
stretch_starts as (

    select
        series_no,
        subject_type,
        business_line,
        business_date as from_date,
        row_number() over (partition by series_no order by business_date) as stretch_no,
    from spans
    where coalesce(business_date > last_date + {{ var('churn_inactive_days') }}, true)

),

stretch_ends as (

    select
        series_no,
        business_date + {{ var('churn_inactive_days') }} as silent_date,
        row_number() over (partition by series_no order by business_date) as stretch_no,
    from spans
    where next_date > business_date + {{ var('churn_inactive_days') }}

),

stretches as (

    select stretch_starts.*, stretch_ends.silent_date,
    from stretch_starts
    inner join stretch_ends
        on stretch_starts.series_no = stretch_ends.series_no
        and stretch_starts.stretch_no = stretch_ends.stretch_no

),

silent_days as (

    select stretches.*, 'day' as period_type, stretches.silent_date as period_start,
    from stretches
    union all
    select stretches.*, 'week', days.week_start,
    from stretches
    inner join days on stretches.silent_date = days.date
    union all
    select stretches.*, 'month', days.month_start,
    from stretches
    inner join days on stretches.silent_date = days.date

),

silent_periods as (

    select silent_days.*, periods.seen_until,
    from silent_days
    inner join periods
        on silent_days.period_type = periods.period_type
        and silent_days.period_start = periods.period_start
        and silent_days.from_date < periods.period_start

),

churn as (

    select
        silent_periods.subject_type,
        silent_periods.business_line,
        silent_periods.period_type,
        silent_periods.period_start,
        count(*) as churned,
    from silent_periods
    left join stretches as returns
        on silent_periods.series_no = returns.series_no
        and silent_periods.seen_until >= returns.from_date
        and silent_periods.seen_until < returns.silent_date
    where returns.series_no is null
    group by all

),

parts as (

    select
        periods.period_type,
        periods.period_start,
        groups.subject_type,
        groups.business_line,
        periods.seen_until = periods.period_end as is_mature,
        cast(coalesce(activity.active_subjects, 0) as bigint) as active_subjects,
        cast(at_end.rolling_7d as bigint) as rolling_7d,
        cast(at_end.rolling_30d as bigint) as rolling_30d,
        cast(at_end.active_days_30d as double) / 30 as avg_dau_30d,
        cast(at_end.newcomers_until - coalesce(before.newcomers_until, 0) as bigint)
            as new_users,
        cast(coalesce(activity.launches, 0) as bigint) as launches,
        cast(coalesce(activity.duration_total_seconds, 0) as double) as duration_total_seconds,
        cast(coalesce(activity.active_days, 0) as bigint) as active_days,
        cast(coalesce(activity.logins, 0) as bigint) as logins,
        cast(coalesce(activity.active_registered, 0) as bigint) as active_registered,
        cast(at_end.registered as bigint) as registered,
        cast(coalesce(churn.churned, 0) as bigint) as churned,
        cast(coalesce(before.in_churn_window, 0) as bigint) as active_at_start,
    from periods
    cross join groups
    inner join daily as at_end
        on groups.subject_type = at_end.subject_type
        and groups.business_line = at_end.business_line
        and periods.seen_until = at_end.date
    left join daily as before
        on groups.subject_type = before.subject_type
        and groups.business_line = before.business_line
        and periods.period_start = before.date + 1
    left join activity
        on groups.subject_type = activity.subject_type
        and groups.business_line = activity.business_line
        and periods.period_type = activity.period_type
        and periods.period_start = activity.period_start
    left join churn
        on groups.subject_type = churn.subject_type
        and groups.business_line = churn.business_line
        and periods.period_type = churn.period_type
        and periods.period_start = churn.period_start

),

final as (

    select
        period_type,
        period_start,
        subject_type,
        business_line,
        active_subjects,
        rolling_7d,
        rolling_30d,
        {{ safe_div('avg_dau_30d', 'rolling_30d') }} as stickiness,
        avg_dau_30d as stickiness_num,
        rolling_30d as stickiness_den,
        new_users,
        {{ safe_div('new_users', 'active_subjects') }} as new_ratio,
        launches,
        {{ safe_div('launches', 'active_subjects') }} as launches_per_user,
        duration_total_seconds,
        {{ safe_div('duration_total_seconds', 'active_subjects') }}
            as duration_per_user_seconds,
        {{ safe_div('duration_total_seconds', 'launches') }} as duration_per_launch_seconds,
        {{ safe_div('active_days', 'active_subjects') }} as avg_active_days,
        active_days as avg_active_days_num,
        active_subjects as avg_active_days_den,
        {{ safe_div('logins', 'active_subjects') }} as avg_logins,
        logins as avg_logins_num,
        active_subjects as avg_logins_den,
        -- of a period that is still running neither is known yet (G9)
        case when is_mature then {{ safe_div('active_registered', 'registered') }} end
            as activity_rate,
        active_registered as activity_rate_num,
        registered as activity_rate_den,
        case when is_mature then {{ safe_div('churned', 'active_at_start') }} end
            as usage_churn,
        churned as usage_churn_num,
        active_at_start as usage_churn_den,
    from parts

)

select * from final
