-- U13: an app is launched when it comes to the front after launch_gap_sec or more in the back; a
-- site by a visit. A launch of an app lasts from its first start to its last end; an end without a
-- start before it is of a start that was lost, and tells nothing. U15: at most session_cap_hours.
{% set said = [
    'event_id', 'login_id', 'anonymous_id', 'device_id', 'company_id', 'app_version', 'os',
] %}
with

steps as (

    select
        event_id,
        coalesce('d:' || device_id, 'a:' || anonymous_id, 'l:' || login_id) as device_key,
        event_at,
        is_launch as is_start,
        login_id,
        anonymous_id,
        device_id,
        company_id,
        app_version,
        os,
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
        lag(is_start) over (
            partition by device_key order by event_at, is_start desc, event_id
        ) as is_after_start,
    from steps

),

known as (

    select
        *,
        lag(event_at) over (
            partition by device_key order by event_at, is_start desc, event_id
        ) as seen_before_at,
    from followed
    where is_start or is_after_start

),

begun as (

    select
        *,
        is_start
        and coalesce(
            event_at >= seen_before_at + interval '{{ var("launch_gap_sec") }} seconds', true
        ) as is_new,
    from known

),

numbered as (

    select
        *,
        count(case when is_new then 1 end) over (
            partition by device_key order by event_at, is_start desc, event_id
            rows between unbounded preceding and current row
        ) as launch_no,
    from begun

),

-- What is said of a launch is what its first start says: the one row of it that is new.
app_launches as (

    select
        {%- for column in said %}
        max(case when is_new then {{ column }} end) as {{ column }},
        {%- endfor %}
        min(event_at) as started_at,
        max(event_at) as ended_at,
        count(case when not is_start then 1 end) > 0 as has_known_duration,
    from numbered
    group by device_key, launch_no

),

launches as (

    select
        'app:' || app_launches.event_id as launch_id,
        'app' as kind,
        identities.person_id,
        app_launches.login_id,
        app_launches.anonymous_id,
        app_launches.device_id,
        app_launches.company_id,
        app_launches.started_at,
        app_launches.ended_at,
        app_launches.has_known_duration,
        cast(null as varchar) as site_id,
        'app' as terminal,
        app_launches.app_version,
        app_launches.os,
    from app_launches
    left join identities
        on
            identities.id_type
            = case
                when app_launches.login_id is not null then 'login_id'
                when app_launches.anonymous_id is not null then 'anonymous_id'
                else 'device_id'
            end
            and coalesce(
                app_launches.login_id, app_launches.anonymous_id, app_launches.device_id
            ) = identities.id_value
            and {{ held_at('identities', 'app_launches.started_at') }}

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
