-- U13: an app is launched when it comes to the front after launch_gap_sec or more in the back; a
-- site by a visit. A launch of an app lasts from its first start to its last end; an end without a
-- start before it is of a start that was lost, and tells nothing. U15: at most session_cap_hours.
with

steps as (

    select
        *,
        coalesce('d:' || device_id, 'a:' || anonymous_id, 'l:' || login_id) as device_key,
        case when is_launch then 'start' else 'end' end as step,
    from {{ ref('fct_business_event') }}
    where
        origin = 'app'
        and (is_launch or event = '$AppEnd')

),

visits as (

    select * from {{ ref('fct_web_session') }}

),

sites as (

    select * from {{ ref('dim_site') }}

),

identities as (

    select * from {{ ref('map_identity') }}

),

followed as (

    select
        *,
        lag(step) over (
            partition by device_key order by event_at, step desc, event_id
        ) as step_before,
    from steps

),

known as (

    select
        *,
        lag(event_at) over (
            partition by device_key order by event_at, step desc, event_id
        ) as seen_before_at,
    from followed
    where
        step = 'start'
        or step_before = 'start'

),

numbered as (

    select
        *,
        count(case when is_new then event_id end) over (
            partition by device_key order by event_at, step desc, event_id
            rows between unbounded preceding and current row
        ) as launch_no,
    from (
        select
            *,
            step = 'start'
            and coalesce(
                event_at >= seen_before_at + interval '{{ var("launch_gap_sec") }} seconds', true
            ) as is_new,
        from known
    ) as starts

),

app_launches as (

    select
        device_key,
        launch_no,
        max(case when is_new then event_id end) as event_id,
        min(event_at) as started_at,
        max(event_at) as ended_at,
        count(case when step = 'end' then event_id end) > 0 as has_known_duration,
    from numbered
    group by device_key, launch_no

),

launches as (

    select
        'app:' || first_steps.event_id as launch_id,
        'app' as kind,
        coalesce(
            by_login.person_id, by_cookie.person_id, by_device.person_id
        ) as person_id,
        first_steps.login_id,
        first_steps.anonymous_id,
        first_steps.device_id,
        first_steps.company_id,
        app_launches.started_at,
        app_launches.ended_at,
        app_launches.has_known_duration,
        cast(null as varchar) as site_id,
        'app' as terminal,
        first_steps.app_version,
        first_steps.os,
    from app_launches
    inner join numbered as first_steps
        on
            app_launches.device_key = first_steps.device_key
            and app_launches.event_id = first_steps.event_id
    left join identities as by_login
        on by_login.id_type = 'login_id' and first_steps.login_id = by_login.id_value
    left join identities as by_cookie
        on by_cookie.id_type = 'anonymous_id' and first_steps.anonymous_id = by_cookie.id_value
    left join identities as by_device
        on by_device.id_type = 'device_id' and first_steps.device_id = by_device.id_value

    union all

    select
        'web:' || visits.session_id as launch_id,
        'web' as kind,
        visits.person_id,
        cast(null as varchar) as login_id,
        visits.anonymous_id,
        cast(null as varchar) as device_id,
        cast(null as varchar) as company_id,
        visits.started_at,
        visits.ended_at,
        visits.has_known_duration,
        visits.site_id,
        sites.terminal,
        cast(null as varchar) as app_version,
        visits.os,
    from visits
    left join sites
        on visits.site_id = sites.site_id

),

final as (

    select
        launch_id,
        kind,
        person_id,
        login_id,
        anonymous_id,
        device_id,
        company_id,
        started_at,
        least(ended_at, started_at + interval '{{ var("session_cap_hours") }} hours') as ended_at,
        {{ business_date('started_at') }} as launch_date,
        least(
            {{ seconds_between('started_at', 'ended_at') }}, {{ var('session_cap_hours') }} * 3600.0
        ) as duration_seconds,
        has_known_duration,
        site_id,
        terminal,
        app_version,
        os,
    from launches

)

select * from final
