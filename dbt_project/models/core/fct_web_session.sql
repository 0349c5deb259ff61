with

steps as (

    select * from {{ ref('int_pageviews__sessioned') }}

),

pageviews as (

    select * from {{ ref('fct_pageview') }}

),

forms as (

    select * from {{ ref('stg_form_submit') }}

),

identities as (

    select * from {{ ref('map_identity') }}
    where id_type = 'anonymous_id'

),

touch_sources as (

    select * from {{ ref('int_touch_sources__matched') }}

),

sessions as (

    select
        anonymous_id,
        session_no,
        min(event_at) as started_at,
        max(event_at) as last_view_at,
        min(case when is_first then event_id end) as first_event_id,
        max_by(url_path, (event_at, event_id)) as exit_path,
        max_by({{ packed({'value': 'leave_at'}) }}, (event_at, event_id)).value as last_leave_at,
        count(*) as pageviews,
    from steps
    group by anonymous_id, session_no

),

-- The first page tells where the visit came from.
landed as (

    select
        sessions.*,
        {{ business_date('sessions.started_at') }} as session_date,
        coalesce(sessions.last_leave_at >= sessions.last_view_at, false) as has_leave,
        greatest(sessions.last_view_at, coalesce(sessions.last_leave_at, sessions.last_view_at))
            as ended_at,
        landings.site_id,
        landings.url_path as landing_path,
        landings.utm_source,
        landings.utm_medium,
        landings.utm_campaign,
        landings.referrer_domain,
        landings.device,
        landings.os,
        landings.browser,
    from sessions
    inner join pageviews as landings
        on sessions.first_event_id = landings.event_id

),

form_sessions as (

    select distinct
        landed.anonymous_id,
        landed.session_no,
    from forms
    inner join landed
        on
            forms.anonymous_id = landed.anonymous_id
            and forms.event_at >= landed.started_at
            and forms.event_at
            <= landed.last_view_at + interval '{{ var("session_timeout_min") }} minutes'

),

first_days as (

    select
        identities.person_id,
        min(landed.session_date) as first_date,
    from landed
    inner join identities
        on landed.anonymous_id = identities.id_value
    group by identities.person_id

),

final as (

    select
        {{ hash_id(['landed.anonymous_id', 'landed.first_event_id']) }} as session_id,
        landed.anonymous_id,
        identities.person_id,
        landed.started_at,
        landed.ended_at,
        landed.session_date,
        landed.site_id,
        landed.landing_path,
        landed.exit_path,
        touch_sources.channel_id,
        landed.utm_source,
        landed.utm_medium,
        landed.utm_campaign,
        landed.referrer_domain,
        landed.pageviews,
        {{ seconds_between('landed.started_at', 'landed.ended_at') }} as duration_seconds,
        landed.pageviews > 1 or landed.has_leave as has_known_duration,
        landed.pageviews = 1 as is_bounce,
        landed.pageviews > 1
        or form_sessions.anonymous_id is not null
        or {{ seconds_between('landed.started_at', 'landed.ended_at') }}
        > {{ var('engaged_session_sec') }} as is_engaged,
        form_sessions.anonymous_id is not null as has_form,
        landed.session_date = first_days.first_date as is_new,
        landed.device,
        landed.os,
        landed.browser,
    from landed
    inner join identities
        on landed.anonymous_id = identities.id_value
    inner join first_days
        on identities.person_id = first_days.person_id
    inner join touch_sources
        on
            landed.utm_source is not distinct from touch_sources.utm_source
            and landed.utm_medium is not distinct from touch_sources.utm_medium
            and landed.utm_campaign is not distinct from touch_sources.utm_campaign
            and landed.referrer_domain is not distinct from touch_sources.referrer_domain
            and touch_sources.channel_raw is null
            and touch_sources.platform is null
            and touch_sources.ad_type is null
    left join form_sessions
        on
            landed.anonymous_id = form_sessions.anonymous_id
            and landed.session_no = form_sessions.session_no

)

select * from final
