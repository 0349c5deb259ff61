with

parts as (

    select * from {{ ref('int_visits__parted') }}

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

-- Midnight does not end a visit: parts of two dates are one where no pause lies between them.
nightly as (

    select
        *,
        case
            when
                first_at
                <= lag(last_at) over (partition by anonymous_id order by first_at)
                + interval '{{ var("session_timeout_min") }} minutes'
                then 0
            else 1
        end as starts,
    from parts
    where is_near_midnight

),

numbered as (

    select
        *,
        sum(starts) over (
            partition by anonymous_id order by first_at
            rows between unbounded preceding and current row
        ) as visit_no,
    from nightly

),

over_midnight as (

    select
        anonymous_id,
        min(first_at) as started_at,
        max(last_at) as last_view_at,
        cast(sum(pageviews) as bigint) as pageviews,
        min_by({{ packed({
            'session_date': 'business_date',
            'first_event_id': 'first_event_id',
            'landing_path': 'landing_path',
            'site_id': 'site_id',
            'utm_source': 'utm_source',
            'utm_medium': 'utm_medium',
            'utm_campaign': 'utm_campaign',
            'referrer_domain': 'referrer_domain',
            'device': 'device',
            'os': 'os',
            'browser': 'browser',
        }) }}, first_at) as first_part,
        max_by({{ packed({'exit_path': 'exit_path', 'last_leave_at': 'last_leave_at'}) }}, first_at)
            as last_part,
    from numbered
    group by anonymous_id, visit_no

),

sessions as (

    select
        anonymous_id,
        first_event_id,
        business_date as session_date,
        first_at as started_at,
        last_at as last_view_at,
        pageviews,
        landing_path,
        site_id,
        utm_source,
        utm_medium,
        utm_campaign,
        referrer_domain,
        device,
        os,
        browser,
        exit_path,
        last_leave_at,
    from parts
    where not is_near_midnight

    union all

    select
        anonymous_id,
        first_part.first_event_id,
        first_part.session_date,
        started_at,
        last_view_at,
        pageviews,
        first_part.landing_path,
        first_part.site_id,
        first_part.utm_source,
        first_part.utm_medium,
        first_part.utm_campaign,
        first_part.referrer_domain,
        first_part.device,
        first_part.os,
        first_part.browser,
        last_part.exit_path,
        last_part.last_leave_at,
    from over_midnight

),

landed as (

    select
        *,
        coalesce(last_leave_at >= last_view_at, false) as has_leave,
        greatest(last_view_at, coalesce(last_leave_at, last_view_at)) as ended_at,
    from sessions

),

form_sessions as (

    select distinct
        landed.anonymous_id,
        landed.first_event_id,
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
        on
            landed.anonymous_id = identities.id_value
            and {{ held_at('identities', 'landed.started_at') }}
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
        on
            landed.anonymous_id = identities.id_value
            and {{ held_at('identities', 'landed.started_at') }}
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
            and landed.first_event_id = form_sessions.first_event_id

)

select * from final
