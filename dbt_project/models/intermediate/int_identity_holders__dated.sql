-- One row per turn of a login on a cookie or device (identity rule 3, shared devices): a login holds
-- it from where it is first seen there until another login is. After a logout the next login holds
-- it already. is_first_login tells the turns of the login that came first, which owns what nobody
-- had logged in for.
with

logins as (

    select * from {{ ref('int_identity_logins__seen') }}

),

shared as (

    select
        id_type,
        id_value,
    from logins
    group by all
    having count(*) > 1

),

pageviews as (

    select * from {{ ref('fct_pageview') }}
    where login_id is not null

),

app_events as (

    select * from {{ ref('stg_app_event') }}

),

content_events as (

    select * from {{ ref('fct_content_event') }}
    where login_id is not null

),

catalogue as (

    select * from {{ ref('dim_event') }}
    where is_logout

),

sightings as (

    select 'anonymous_id' as id_type, anonymous_id as id_value, login_id, event_at
    from pageviews
    union all
    select 'anonymous_id', anonymous_id, login_id, event_at
    from app_events
    where login_id is not null
    union all
    select 'anonymous_id', anonymous_id, login_id, event_at from content_events
    union all
    select 'anonymous_id', original_id, login_id, event_at
    from app_events
    where login_id is not null and type = 'track_signup'
    union all
    select 'device_id', device_id, login_id, event_at
    from app_events
    where login_id is not null and anonymous_id is null

),

-- Of logins at one instant the smallest counts.
instants as (

    select
        sightings.id_type,
        sightings.id_value,
        sightings.event_at,
        min(sightings.login_id) as login_id,
    from sightings
    inner join shared
        on sightings.id_type = shared.id_type and sightings.id_value = shared.id_value
    group by all

),

followed as (

    select
        *,
        lag(login_id) over (partition by id_type, id_value order by event_at) as login_before,
        lag(event_at) over (partition by id_type, id_value order by event_at) as seen_before_at,
    from instants

),

changes as (

    select * from followed
    where login_before is null or login_before <> login_id

),

logouts as (

    select
        case when app_events.anonymous_id is null then 'device_id' else 'anonymous_id' end
            as id_type,
        coalesce(app_events.anonymous_id, app_events.device_id) as id_value,
        app_events.event_at,
    from app_events
    inner join catalogue
        on app_events.event = catalogue.event

),

handovers as (

    select
        changes.id_type,
        changes.id_value,
        changes.event_at,
        min(logouts.event_at) as logged_out_at,
    from changes
    inner join logouts
        on
            changes.id_type = logouts.id_type
            and changes.id_value = logouts.id_value
            and logouts.event_at >= changes.seen_before_at
            and logouts.event_at < changes.event_at
    group by all

),

turns as (

    select
        changes.id_type,
        changes.id_value,
        changes.login_id,
        coalesce(handovers.logged_out_at, changes.event_at) as held_from,
        row_number() over (
            partition by changes.id_type, changes.id_value order by changes.event_at
        ) as turn_no,
    from changes
    left join handovers
        on
            changes.id_type = handovers.id_type
            and changes.id_value = handovers.id_value
            and changes.event_at = handovers.event_at

    union all

    select
        logins.id_type,
        logins.id_value,
        logins.login_id,
        logins.first_seen as held_from,
        1 as turn_no,
    from logins
    left join shared
        on logins.id_type = shared.id_type and logins.id_value = shared.id_value
    where shared.id_value is null

),

final as (

    select
        id_type,
        id_value,
        login_id,
        turn_no,
        held_from,
        lead(held_from) over (partition by id_type, id_value order by turn_no) as held_to,
        login_id
        = first_value(login_id) over (partition by id_type, id_value order by turn_no)
            as is_first_login,
    from turns

)

select * from final
