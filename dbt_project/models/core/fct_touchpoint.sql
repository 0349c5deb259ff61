with

sessions as (

    select * from {{ ref('fct_web_session') }}

),

excluded as (

    select * from {{ ref('int_touches__excluded') }}

),

forms as (

    select forms.*
    from {{ ref('stg_form_submit') }} as forms
    left join excluded
        on excluded.entity = 'form_submit' and forms.event_id = excluded.row_id
    where excluded.row_id is null

),

calls as (

    select * from {{ ref('stg_cdr') }}
    where direction = 'in'

),

identities as (

    select * from {{ ref('map_identity') }}

),

link_clicks as (

    select link_clicks.*
    from {{ ref('stg_link_click') }} as link_clicks
    left join excluded
        on excluded.entity = 'link_click' and link_clicks.click_id = excluded.row_id
    where excluded.row_id is null

),

links as (

    select * from {{ ref('dim_utm_link') }}
    where is_current

),

market_events as (

    select * from {{ ref('stg_mkt_event') }}

),

registrations as (

    select registrations.*
    from {{ ref('stg_mkt_registration') }} as registrations
    left join excluded
        on
            excluded.entity = 'mkt_registration'
            and registrations.event_id || '|' || registrations.person_key = excluded.row_id
    where registrations.checked_in_at is not null and excluded.row_id is null

),

views as (

    select * from {{ ref('fct_content_event') }}
    where
        kind = 'view'
        and not is_bot
        and not is_internal

),

-- A form belongs to the visit in which it was sent.
form_visits as (

    select
        forms.event_id,
        min_by(sessions.channel_id, (sessions.started_at, sessions.session_id)) as channel_id,
        min_by(sessions.utm_campaign, (sessions.started_at, sessions.session_id)) as campaign,
    from forms
    inner join sessions
        on
            forms.anonymous_id = sessions.anonymous_id
            and forms.event_at >= sessions.started_at
            and forms.event_at
            <= sessions.ended_at + interval '{{ var("session_timeout_min") }} minutes'
    group by forms.event_id

),

-- A click that leads to a visit, or falls into one, is told by the visit.
visited_clicks as (

    select distinct link_clicks.click_id
    from link_clicks
    inner join sessions
        on
            link_clicks.anonymous_id = sessions.anonymous_id
            and sessions.started_at
            <= link_clicks.event_at + interval '{{ var("session_timeout_min") }} minutes'
            and link_clicks.event_at
            <= sessions.ended_at + interval '{{ var("session_timeout_min") }} minutes'

),

lone_clicks as (

    select link_clicks.*
    from link_clicks
    left join visited_clicks
        on link_clicks.click_id = visited_clicks.click_id
    where visited_clicks.click_id is null

),

-- Who came to a market event, once per person, whatever number of keys the event tool gave them.
attendances as (

    select
        identities.person_id,
        registrations.event_id,
        min(registrations.checked_in_at) as touched_at,
        min_by(
            registrations.person_key, (registrations.checked_in_at, registrations.person_key)
        ) as person_key,
    from registrations
    inner join identities
        on
            identities.id_type = 'event_person_key'
            and registrations.person_key = identities.id_value
    group by identities.person_id, registrations.event_id

),

-- Views of one content by one person with pauses of at most read_dedup_min are one reading (B23).
readings as (

    select
        *,
        lag(event_at) over (
            partition by person_id, content_id order by event_at, event_id
        ) as read_before_at,
    from (
        select
            views.*,
            identities.person_id,
        from views
        inner join identities
            on
                identities.id_type
                = case when views.anonymous_id is null then 'login_id' else 'anonymous_id' end
                and coalesce(views.anonymous_id, views.login_id) = identities.id_value
                and {{ held_at('identities', 'views.event_at') }}
    ) as read_views

),

-- A reading that falls into a visit, or leads to one, is told by the visit.
visited_readings as (

    select distinct readings.event_id
    from readings
    inner join sessions
        on
            readings.anonymous_id = sessions.anonymous_id
            and sessions.started_at
            <= readings.event_at + interval '{{ var("session_timeout_min") }} minutes'
            and readings.event_at
            <= sessions.ended_at + interval '{{ var("session_timeout_min") }} minutes'

),

touches as (

    select
        identities.person_id,
        sessions.started_at as touched_at,
        'web_session' as kind,
        1 as touch_rank,
        sessions.channel_id,
        sessions.utm_campaign as campaign,
        sessions.session_id as source_id,
    from sessions
    inner join identities
        on
            identities.id_type = 'anonymous_id'
            and sessions.anonymous_id = identities.id_value
            and {{ held_at('identities', 'sessions.started_at') }}

    union all

    select
        identities.person_id,
        forms.event_at as touched_at,
        'form' as kind,
        2 as touch_rank,
        coalesce(form_visits.channel_id, 'unassigned') as channel_id,
        form_visits.campaign,
        forms.event_id as source_id,
    from forms
    inner join identities
        on
            identities.id_type = 'anonymous_id'
            and forms.anonymous_id = identities.id_value
            and {{ held_at('identities', 'forms.event_at') }}
    left join form_visits
        on forms.event_id = form_visits.event_id

    union all

    select
        identities.person_id,
        calls.event_at as touched_at,
        'call_in' as kind,
        3 as touch_rank,
        'unassigned' as channel_id,
        null as campaign,
        calls.call_id as source_id,
    from calls
    inner join identities
        on identities.id_type = 'phone_hash' and calls.caller_hash = identities.id_value

    union all

    select
        identities.person_id,
        lone_clicks.event_at as touched_at,
        'link' as kind,
        4 as touch_rank,
        coalesce(links.channel_id, 'unassigned') as channel_id,
        links.utm_campaign as campaign,
        lone_clicks.click_id as source_id,
    from lone_clicks
    inner join identities
        on
            identities.id_type = 'anonymous_id'
            and lone_clicks.anonymous_id = identities.id_value
            and {{ held_at('identities', 'lone_clicks.event_at') }}
    left join links
        on lone_clicks.short_code = links.short_code

    union all

    select
        attendances.person_id,
        attendances.touched_at,
        'event' as kind,
        5 as touch_rank,
        'event' as channel_id,
        market_events.campaign_id as campaign,
        attendances.event_id || '|' || attendances.person_key as source_id,
    from attendances
    left join market_events
        on attendances.event_id = market_events.event_id

    union all

    select
        readings.person_id,
        readings.event_at as touched_at,
        'content' as kind,
        6 as touch_rank,
        'content_wechat' as channel_id,
        null as campaign,
        readings.event_id as source_id,
    from readings
    left join visited_readings
        on readings.event_id = visited_readings.event_id
    where
        visited_readings.event_id is null
        and coalesce(
            readings.event_at
            > readings.read_before_at + interval '{{ var("read_dedup_min") }} minutes',
            true
        )

),

final as (

    select
        {{ hash_id(['kind', 'source_id']) }} as touch_id,
        person_id,
        touched_at,
        {{ business_date('touched_at') }} as touch_date,
        kind,
        channel_id,
        campaign,
        source_id,
        touch_rank,
    from touches

)

select * from final
