-- One row per cookie (or device, where an event has no cookie) and login that some event shows
-- together, with the first such event.
with

pageviews as (

    select * from {{ ref('fct_pageview') }}
    where login_id is not null

),

app_events as (

    select * from {{ ref('stg_app_event') }}
    where login_id is not null

),

content_events as (

    select * from {{ ref('fct_content_event') }}
    where login_id is not null

),

sightings as (

    select
        'anonymous_id' as id_type,
        anonymous_id as id_value,
        login_id,
        min(event_at) as first_seen,
    from pageviews
    group by all
    union all
    select 'anonymous_id', anonymous_id, login_id, min(event_at)
    from app_events
    group by all
    union all
    select 'anonymous_id', anonymous_id, login_id, min(event_at)
    from content_events
    group by all
    union all
    select 'anonymous_id', original_id, login_id, min(event_at)
    from app_events
    where type = 'track_signup'
    group by all
    union all
    select 'device_id', device_id, login_id, min(event_at)
    from app_events
    where anonymous_id is null
    group by all

),

final as (

    select
        id_type,
        id_value,
        login_id,
        min(first_seen) as first_seen,
    from sightings
    where id_value is not null
    group by all

)

select * from final
