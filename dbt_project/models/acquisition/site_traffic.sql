with

pageviews as (

    select * from {{ ref('int_pageviews__placed') }}
    where business_date <= {{ param('as_of') }}

),

sessions as (

    select * from {{ ref('fct_web_session') }}
    where session_date <= {{ param('as_of') }}

),

registrations as (

    select * from {{ ref('int_persons__registered') }}

),

first_visits as (

    select
        anonymous_id,
        min(business_date) as first_visit_date
    from pageviews
    group by all

),

opening as (

    select min(business_date) as first_date from pageviews

),

-- One row for all alike views of a visitor's day: distinct counts are what costs here.
views as (

    select
        pageviews.business_date as date,
        pageviews.site_id,
        pageviews.channel_id,
        pageviews.anonymous_id,
        coalesce(pageviews.person_id, pageviews.anonymous_id) as person_id,
        pageviews.ip_hash,
        first_visits.first_visit_date,
        coalesce(
            registrations.registered_at >= pageviews.event_at
            and registrations.registered_date
            <= pageviews.business_date + {{ var('registration_days') }},
            false
        ) as is_registering,
        count(*) as views
    from pageviews
    inner join first_visits
        on pageviews.anonymous_id = first_visits.anonymous_id
    left join registrations
        on pageviews.person_id = registrations.person_id
    group by all

),

view_periods as (

    select 'day' as period_type, date as period_start, * from views
    union all
    select 'week' as period_type, cast(date_trunc('week', date) as date) as period_start, *
    from views
    union all
    select 'month' as period_type, cast(date_trunc('month', date) as date) as period_start, *
    from views

),

session_periods as (

    select 'day' as period_type, session_date as period_start, * from sessions
    union all
    select 'week' as period_type, cast(date_trunc('week', session_date) as date) as period_start, *
    from sessions
    union all
    select
        'month' as period_type,
        cast(date_trunc('month', session_date) as date) as period_start,
        *
    from sessions

),

view_sums as (

    select
        period_type,
        period_start,
        case when grouping(site_id) = 1 then 'ALL' else site_id end as site,
        case when grouping(channel_id) = 1 then 'ALL' else channel_id end as channel,
        cast(sum(views) as bigint) as pv,
        count(distinct anonymous_id) as uv,
        count(distinct person_id) as uv_person,
        count(distinct ip_hash) as ip_count,
        count(distinct case when first_visit_date >= period_start then anonymous_id end)
            as new_visitors,
        count(distinct case when is_registering then anonymous_id end) as registering_visitors
    from view_periods
    group by period_type, period_start, cube (site_id, channel_id)

),

session_sums as (

    select
        period_type,
        period_start,
        case when grouping(site_id) = 1 then 'ALL' else site_id end as site,
        case when grouping(channel_id) = 1 then 'ALL' else channel_id end as channel,
        count(*) as visits,
        count(case when is_bounce then 1 end) as bounces,
        count(case when not is_engaged then 1 end) as unengaged,
        sum(cast(duration_seconds as decimal(18, 6))) as duration_seconds,
        sum(case when has_known_duration then cast(duration_seconds as decimal(18, 6)) end)
            as known_duration_seconds,
        count(case when has_known_duration then 1 end) as known_durations,
        sum(pageviews) as session_pageviews
    from session_periods
    group by period_type, period_start, cube (site_id, channel_id)

),

joined as (

    select
        view_sums.*,
        coalesce(session_sums.visits, 0) as visits,
        coalesce(session_sums.bounces, 0) as bounces,
        coalesce(session_sums.unengaged, 0) as unengaged,
        coalesce(session_sums.duration_seconds, 0) as duration_seconds,
        coalesce(session_sums.known_duration_seconds, 0) as known_duration_seconds,
        coalesce(session_sums.known_durations, 0) as known_durations,
        coalesce(session_sums.session_pageviews, 0) as session_pageviews,
        case view_sums.period_type
            when 'day' then view_sums.period_start
            when 'week' then view_sums.period_start + 6
            else last_day(view_sums.period_start)
        end as period_end,
        opening.first_date
    from view_sums
    left join session_sums
        on
            view_sums.period_type = session_sums.period_type
            and view_sums.period_start = session_sums.period_start
            and view_sums.site = session_sums.site
            and view_sums.channel = session_sums.channel
    cross join opening

),

-- B13: a mean over seven days counts days without a visit as days, so the sums are compared. It
-- starts when fourteen days of data exist.
trends as (

    select
        period_type,
        period_start,
        site,
        channel,
        sum(visits) over (
            partition by site, channel order by period_start
            range between interval '6 days' preceding and current row
        ) as visits_7d,
        sum(visits) over (
            partition by site, channel order by period_start
            range between interval '13 days' preceding and interval '7 days' preceding
        ) as visits_prev_7d
    from joined
    where period_type = 'day'

),

-- B13: a period is compared with the one before it when both are complete.
compared as (

    select
        joined.*,
        case
            when joined.period_type = 'day' and joined.period_start >= joined.first_date + 13
                then trends.visits_7d
        end as trend_num,
        case
            when joined.period_type = 'day' and joined.period_start >= joined.first_date + 13
                then coalesce(trends.visits_prev_7d, 0)
        end as trend_den,
        case
            when
                joined.period_type <> 'day'
                and joined.period_end <= {{ param('as_of') }}
                and previous.period_start >= joined.first_date
                then previous.visits
        end as visits_prev_period,
        joined.period_end + {{ var('registration_days') }} <= {{ param('as_of') }} as is_mature_reg
    from joined
    left join trends
        on
            joined.period_type = trends.period_type
            and joined.period_start = trends.period_start
            and joined.site = trends.site
            and joined.channel = trends.channel
    left join joined as previous
        on
            joined.period_type = previous.period_type
            and joined.site = previous.site
            and joined.channel = previous.channel
            and previous.period_start = case joined.period_type
                when 'week' then joined.period_start - 7
                when 'month' then cast(joined.period_start - interval '1 month' as date)
            end

),

final as (

    select
        period_type,
        period_start,
        site,
        channel,
        pv,
        uv,
        uv_person,
        ip_count,
        visits,
        new_visitors,
        {{ safe_div('new_visitors', 'uv') }} as new_visitor_rate,
        {{ safe_div('bounces', 'visits') }} as bounce_rate,
        bounces as bounce_rate_num,
        visits as bounce_rate_den,
        {{ safe_div('unengaged', 'visits') }} as bounce_rate_ga4,
        unengaged as bounce_rate_ga4_num,
        visits as bounce_rate_ga4_den,
        {{ safe_div('duration_seconds', 'visits') }} as avg_duration_seconds,
        cast(duration_seconds as double) as avg_duration_seconds_num,
        visits as avg_duration_seconds_den,
        {{ safe_div('known_duration_seconds', 'known_durations') }} as avg_known_duration_seconds,
        cast(known_duration_seconds as double) as avg_known_duration_seconds_num,
        known_durations as avg_known_duration_seconds_den,
        {{ safe_div('session_pageviews', 'visits') }} as pages_per_visit,
        cast(session_pageviews as bigint) as pages_per_visit_num,
        visits as pages_per_visit_den,
        case when is_mature_reg then {{ safe_div('registering_visitors', 'uv') }} end
            as reg_rate_web,
        case when is_mature_reg then registering_visitors end as reg_rate_web_num,
        case when is_mature_reg then uv end as reg_rate_web_den,
        {{ safe_div('trend_num', 'trend_den') }} - 1 as trend_7d,
        cast(trend_num as bigint) as trend_7d_num,
        cast(trend_den as bigint) as trend_7d_den,
        {{ safe_div('visits', 'visits_prev_period') }} - 1 as change_prev,
        case when visits_prev_period is not null then visits end as change_prev_num,
        visits_prev_period as change_prev_den
    from compared

)

select * from final
