{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    meta={'touched_by': 'pageview'},
    on_schema_change='fail',
) }}
-- One row per part of a visit (B04): page views of one cookie (no robots, no own staff) on one
-- business date with pauses of at most session_timeout_min. A visit that goes on over midnight has
-- a part on each date, so that what is known of a date depends on its own page views alone.
{% set counted -%}
not is_bot
        and not is_internal
        {%- if is_incremental() %}
        and business_date in {{ touched_dates('pageview') }}
        {%- endif %}
{%- endset %}
with

pageviews as (

    select * from {{ ref('fct_pageview') }}
    where
        {{ counted }}

),

-- Read once more for either end of a visit: DuckDB would keep rows that are read once but used twice.
first_views as (

    select * from {{ ref('fct_pageview') }}
    where
        {{ counted }}

),

last_views as (

    select * from {{ ref('fct_pageview') }}
    where
        {{ counted }}

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

-- What a visit began and ended with is looked up last: taking it along through every step before
-- costs more than the rest.
opened as (

    select
        parts.*,
        first_views.event_id as first_event_id,
        first_views.url_path as landing_path,
        first_views.site_id,
        first_views.utm_source,
        first_views.utm_medium,
        first_views.utm_campaign,
        first_views.referrer_domain,
        first_views.device,
        first_views.os,
        first_views.browser,
    from parts
    inner join first_views
        on
            parts.anonymous_id = first_views.anonymous_id
            and parts.first_at = first_views.event_at

),

-- Of page views at one instant the smallest id opens a visit and the largest ends it.
closed as (

    select
        opened.*,
        last_views.url_path as exit_path,
        last_views.leave_at as last_leave_at,
        row_number() over (
            partition by opened.anonymous_id, opened.first_at
            order by opened.first_event_id, last_views.event_id desc
        ) as copy_no,
    from opened
    inner join last_views
        on
            opened.anonymous_id = last_views.anonymous_id
            and opened.last_at = last_views.event_at

),

final as (

    select
        closed.anonymous_id,
        closed.business_date,
        closed.first_at,
        closed.last_at,
        -- Of a pause before or after midnight only the first and last two slots of a date can be.
        closed.first_slot <= days.first_slot + 1 or closed.last_slot >= days.last_slot - 1
            as is_near_midnight,
        closed.pageviews,
        closed.first_event_id,
        closed.landing_path,
        closed.site_id,
        closed.utm_source,
        closed.utm_medium,
        closed.utm_campaign,
        closed.referrer_domain,
        closed.device,
        closed.os,
        closed.browser,
        closed.exit_path,
        closed.last_leave_at,
    from closed
    inner join days
        on closed.business_date = days.business_date
    where closed.copy_no = 1

)

select * from final
