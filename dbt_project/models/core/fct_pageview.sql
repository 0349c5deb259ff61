{{ config(
    materialized='incremental',
    incremental_strategy='replace_touched',
    on_schema_change='fail',
) }}
with

pageviews as (

    select * from {{ ref('stg_pageview') }}
    {% if is_incremental() %}
    where business_date in {{ touched_dates('pageview') }}
    {% endif %}

),

robot_patterns as (

    select * from {{ ref('int_robot_patterns__listed') }}

),

own_nodes as (

    select * from {{ ref('int_own_nodes__listed') }}

),

flagged as (

    {{ flagged('pageviews', 'user_id') }}

),

hosted as (

    select
        *,
        {{ url_host('referrer') }} as referrer_host,
        {{ url_host('url') }} as own_host,
    from flagged

),

referrer_hosts as (

    select distinct referrer_host
    from hosted
    where referrer_host is not null

),

-- A click from an own page to the next says nothing about where the visit came from.
own_hosts as (

    select distinct referrer_hosts.referrer_host
    from referrer_hosts
    inner join own_nodes
        on
            own_nodes.kind = 'domain'
            and (
                referrer_hosts.referrer_host = lower(own_nodes.value)
                or {{ has_suffix('referrer_hosts.referrer_host', "'.' || lower(own_nodes.value)") }}
            )

),

final as (

    select
        hosted.event_id,
        hosted.anonymous_id,
        hosted.user_id as login_id,
        hosted.event_at,
        hosted.received_at,
        hosted.business_date,
        hosted.site_id,
        hosted.url_path,
        hosted.module,
        case
            when
                hosted.referrer_host is distinct from hosted.own_host
                and own_hosts.referrer_host is null
                then hosted.referrer_host
        end as referrer_domain,
        hosted.utm_source,
        hosted.utm_medium,
        hosted.utm_campaign,
        hosted.utm_term,
        hosted.utm_content,
        hosted.ip_hash,
        hosted.device,
        hosted.os,
        hosted.browser,
        hosted.carrier,
        hosted.network,
        -- of the same clock as event_time: where that one is not believed (G3), both move
        hosted.leave_ts + (hosted.event_at - hosted.event_time) as leave_at,
        hosted.is_bot,
        hosted.is_internal,
    from hosted
    left join own_hosts
        on hosted.referrer_host = own_hosts.referrer_host

)

select * from final
