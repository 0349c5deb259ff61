with

sessions as (

    select * from {{ ref('fct_web_session') }}

),

forms as (

    select * from {{ ref('stg_form_submit') }}

),

calls as (

    select * from {{ ref('stg_cdr') }}
    where direction = 'in'

),

identities as (

    select * from {{ ref('map_identity') }}

),

own_domains as (

    select distinct lower(value) as domain
    from {{ ref('stg_internal_list') }}
    where kind = 'domain'

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
        on identities.id_type = 'anonymous_id' and sessions.anonymous_id = identities.id_value

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
        on identities.id_type = 'anonymous_id' and forms.anonymous_id = identities.id_value
    left join form_visits
        on forms.event_id = form_visits.event_id
    left join own_domains
        on lower(forms.email_domain) = own_domains.domain
    where own_domains.domain is null

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
