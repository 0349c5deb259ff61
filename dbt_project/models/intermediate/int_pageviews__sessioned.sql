-- One row per page view of a person (no robots, no own staff) with its session (B04): a pause of
-- more than session_timeout_min starts a new one, midnight does not.
with

pageviews as (

    select * from {{ ref('fct_pageview') }}
    where not is_bot and not is_internal

),

paused as (

    select
        event_id,
        anonymous_id,
        event_at,
        leave_at,
        url_path,
        coalesce(
            event_at
            > lag(event_at) over (partition by anonymous_id order by event_at, event_id)
            + interval '{{ var("session_timeout_min") }} minutes',
            true
        ) as is_first,
    from pageviews

),

final as (

    select
        event_id,
        anonymous_id,
        event_at,
        leave_at,
        url_path,
        is_first,
        sum(cast(is_first as integer)) over (
            partition by anonymous_id order by event_at, event_id
            rows between unbounded preceding and current row
        ) as session_no,
    from paused

)

select * from final
