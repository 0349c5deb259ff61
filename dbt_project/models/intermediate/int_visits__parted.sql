{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'pageview'},
    on_schema_change='fail',
) }}
-- One row per part of a visit (B04): page views of one cookie (no robots, no own staff) on one
-- business date with pauses of at most session_timeout_min. A visit that goes on over midnight has
-- a part on each date, so that what is known of a date depends on its own page views alone.
with

pageviews as (

    select * from {{ ref('fct_pageview') }}
    where
        not is_bot
        and not is_internal
        {% if is_incremental() %}
        and business_date in {{ touched_dates('pageview') }}
        {% endif %}

),

-- Page views of one slot, as long as the pause that ends a visit, are of one visit: only slots need
-- to be ordered, which are few.
slots as (

    select
        anonymous_id,
        business_date,
        {{ time_slot('event_at', var('session_timeout_min')) }} as slot,
        min(event_at) as first_at,
        max(event_at) as last_at,
        count(*) as pageviews,
        min_by({{ packed({
            'event_id': 'event_id',
            'url_path': 'url_path',
            'site_id': 'site_id',
            'utm_source': 'utm_source',
            'utm_medium': 'utm_medium',
            'utm_campaign': 'utm_campaign',
            'referrer_domain': 'referrer_domain',
            'device': 'device',
            'os': 'os',
            'browser': 'browser',
        }) }}, (event_at, event_id)) as first_view,
        max_by({{ packed({'url_path': 'url_path', 'leave_at': 'leave_at'}) }}, (event_at, event_id))
            as last_view,
    from pageviews
    group by all

),

-- A pause can only lie between neighbours.
paused as (

    select
        *,
        coalesce(
            first_at
            > lag(last_at) over (partition by anonymous_id, business_date order by slot)
            + interval '{{ var("session_timeout_min") }} minutes',
            true
        ) as is_first,
        coalesce(
            last_at
            < lead(first_at) over (partition by anonymous_id, business_date order by slot)
            - interval '{{ var("session_timeout_min") }} minutes',
            true
        ) as is_last,
    from slots

),

numbered as (

    select
        *,
        sum(case when is_first then 1 else 0 end) over (
            partition by anonymous_id, business_date order by slot
            rows between unbounded preceding and current row
        ) as part_no,
    from paused
    where not (is_first and is_last)

),

parts as (

    select
        anonymous_id,
        business_date,
        slot as first_slot,
        slot as last_slot,
        first_at,
        last_at,
        pageviews,
        first_view,
        last_view,
    from paused
    where is_first and is_last

    union all

    select
        anonymous_id,
        business_date,
        min(slot) as first_slot,
        max(slot) as last_slot,
        min(first_at) as first_at,
        max(last_at) as last_at,
        cast(sum(pageviews) as bigint) as pageviews,
        min_by(first_view, slot) as first_view,
        max_by(last_view, slot) as last_view,
    from numbered
    group by anonymous_id, business_date, part_no

),

days as (

    select
        business_date,
        min(first_slot) as first_slot,
        max(last_slot) as last_slot,
    from parts
    group by business_date

),

final as (

    select
        parts.anonymous_id,
        parts.business_date,
        parts.first_at,
        parts.last_at,
        -- Of a pause before or after midnight only the first and last two slots of a date can be.
        parts.first_slot <= days.first_slot + 1 or parts.last_slot >= days.last_slot - 1
            as is_near_midnight,
        parts.pageviews,
        parts.first_view.event_id as first_event_id,
        parts.first_view.url_path as landing_path,
        parts.first_view.site_id,
        parts.first_view.utm_source,
        parts.first_view.utm_medium,
        parts.first_view.utm_campaign,
        parts.first_view.referrer_domain,
        parts.first_view.device,
        parts.first_view.os,
        parts.first_view.browser,
        parts.last_view.url_path as exit_path,
        parts.last_view.leave_at as last_leave_at,
    from parts
    inner join days
        on parts.business_date = days.business_date

)

select * from final
