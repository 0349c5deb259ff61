-- One row per reason for which business events are left out (G8); a robot counts as one only.
with

app_events as (

    select * from {{ ref('stg_app_event') }}
    where type in ('track', 'track_signup')

),

bot_patterns as (

    select * from {{ ref('stg_bot_ua') }}

),

own_addresses as (

    select distinct value as ip_hash
    from {{ ref('stg_internal_list') }}
    where kind = 'ip'

),

staff as (

    select distinct employee_id
    from {{ ref('stg_owner') }}
    where employee_id is not null

),

agents as (

    select distinct ua
    from app_events
    where ua is not null

),

bots as (

    select distinct agents.ua
    from agents
    inner join bot_patterns
        on contains(lower(agents.ua), lower(bot_patterns.pattern))

),

final as (

    select
        case when bots.ua is not null then 'is_bot' else 'is_internal' end as reason,
        count(*) as rows,
    from app_events
    left join bots
        on app_events.ua = bots.ua
    left join own_addresses
        on app_events.ip_hash = own_addresses.ip_hash
    left join staff
        on app_events.login_id = staff.employee_id
    where
        bots.ua is not null
        or own_addresses.ip_hash is not null
        or staff.employee_id is not null
    group by all

)

select * from final
