-- One row per page view of a visitor who is neither a bot nor own staff, with the channel and the
-- person of the session that it belongs to.
with

pageviews as (

    select * from {{ ref('fct_pageview') }}
    where not is_bot and not is_internal

),

sessions as (

    select
        session_id,
        anonymous_id,
        person_id,
        channel_id,
        started_at,
        -- Never null: a left join on comparisons alone is a hash join, with `or` it is a loop.
        coalesce(
            lead(started_at) over (partition by anonymous_id order by started_at, session_id),
            timestamptz '9999-12-31 00:00:00+00'
        ) as next_started_at
    from {{ ref('fct_web_session') }}

),

final as (

    select
        pageviews.event_id,
        sessions.session_id,
        pageviews.anonymous_id,
        sessions.person_id,
        pageviews.site_id,
        coalesce(sessions.channel_id, 'unassigned') as channel_id,
        pageviews.ip_hash,
        pageviews.business_date,
        pageviews.event_at
    from pageviews
    left join sessions
        on
            pageviews.anonymous_id = sessions.anonymous_id
            and pageviews.event_at >= sessions.started_at
            and pageviews.event_at < sessions.next_started_at

)

select * from final
