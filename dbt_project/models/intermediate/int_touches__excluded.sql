-- One row per link click, form and check-in that is no touch (G8), with the reason: robots, own
-- people, market events that were called off.
with

link_clicks as (

    select * from {{ ref('stg_link_click') }}

),

forms as (

    select * from {{ ref('stg_form_submit') }}

),

registrations as (

    select * from {{ ref('stg_mkt_registration') }}
    where checked_in_at is not null

),

market_events as (

    select * from {{ ref('stg_mkt_event') }}

),

robot_patterns as (

    select * from {{ ref('int_robot_patterns__listed') }}

),

own_nodes as (

    select * from {{ ref('int_own_nodes__listed') }}

),

own_domains as (

    select distinct lower(value) as domain
    from {{ ref('stg_internal_list') }}
    where kind = 'domain'

),

-- The redirect knows no login, so that own staff are known by their address only.
flagged_clicks as (

    {{ flagged('link_clicks', 'anonymous_id') }}

),

final as (

    select
        'link_click' as entity,
        click_id as row_id,
        case when is_bot then 'is_bot' else 'is_internal' end as reason,
    from flagged_clicks
    where is_bot or is_internal

    union all

    select
        'form_submit' as entity,
        forms.event_id as row_id,
        'is_internal' as reason,
    from forms
    inner join own_domains
        on lower(forms.email_domain) = own_domains.domain

    union all

    select
        'mkt_registration' as entity,
        registrations.event_id || '|' || registrations.person_key as row_id,
        case when own_domains.domain is null then 'is_cancelled' else 'is_internal' end as reason,
    from registrations
    left join own_domains
        on lower(registrations.email_domain) = own_domains.domain
    left join market_events
        on registrations.event_id = market_events.event_id
    where own_domains.domain is not null or market_events.status = 'cancelled'

)

select * from final
