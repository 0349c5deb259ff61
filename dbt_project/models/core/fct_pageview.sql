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

bot_patterns as (

    select * from {{ ref('stg_bot_ua') }}

),

own_list as (

    select * from {{ ref('stg_internal_list') }}

),

staff as (

    select distinct employee_id
    from {{ ref('stg_owner') }}
    where employee_id is not null

),

own_addresses as (

    select distinct value as ip_hash
    from own_list
    where kind = 'ip'

),

agents as (

    select distinct ua
    from pageviews
    where ua is not null

),

bots as (

    select distinct agents.ua
    from agents
    inner join bot_patterns
        on contains(lower(agents.ua), lower(bot_patterns.pattern))

),

hosted as (

    select
        *,
        {{ url_host('referrer') }} as referrer_host,
        {{ url_host('url') }} as own_host,
    from pageviews

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
    inner join own_list
        on
            own_list.kind = 'domain'
            and (
                referrer_hosts.referrer_host = lower(own_list.value)
                or ends_with(referrer_hosts.referrer_host, '.' || lower(own_list.value))
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
        hosted.leave_ts as leave_at,
        bots.ua is not null as is_bot,
        own_addresses.ip_hash is not null or staff.employee_id is not null as is_internal,
    from hosted
    left join bots
        on hosted.ua = bots.ua
    left join own_hosts
        on hosted.referrer_host = own_hosts.referrer_host
    left join own_addresses
        on hosted.ip_hash = own_addresses.ip_hash
    left join staff
        on hosted.user_id = staff.employee_id

)

select * from final
