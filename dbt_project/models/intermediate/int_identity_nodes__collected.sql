-- One row per identity node (type, value) with the instant it was first seen, numbered in the order
-- that names a person (identity rule 4): first_seen, type priority, value.
with

pageviews as (

    select * from {{ ref('fct_pageview') }}

),

app_events as (

    select * from {{ ref('stg_app_event') }}

),

forms as (

    select * from {{ ref('stg_form_submit') }}

),

contacts as (

    select * from {{ ref('stg_contact') }}

),

leads as (

    select * from {{ ref('stg_lead') }}

),

accounts as (

    select * from {{ ref('stg_employee_account') }}

),

calls as (

    select
        *,
        case direction when 'in' then caller_hash else callee_hash end as party_hash,
    from {{ ref('stg_cdr') }}

),

registrations as (

    select * from {{ ref('stg_mkt_registration') }}

),

link_clicks as (

    select * from {{ ref('stg_link_click') }}

),

content_events as (

    select * from {{ ref('fct_content_event') }}

),

sightings as (

    select 'anonymous_id' as node_type, anonymous_id as node_value, min(event_at) as first_seen
    from pageviews group by all
    union all
    select 'login_id', login_id, min(event_at) from pageviews group by all
    union all
    select 'anonymous_id', anonymous_id, min(event_at) from app_events group by all
    union all
    select 'anonymous_id', original_id, min(event_at) from app_events group by all
    union all
    select 'anonymous_id', distinct_id, min(event_at)
    from app_events
    where login_id is null and anonymous_id is null
    group by all
    union all
    select 'login_id', login_id, min(event_at) from app_events group by all
    union all
    select 'device_id', device_id, min(event_at) from app_events group by all
    union all
    select 'anonymous_id', anonymous_id, min(event_at) from forms group by all
    union all
    select 'phone_hash', phone_hash, min(event_at) from forms group by all
    union all
    select 'email_hash', email_hash, min(event_at) from forms group by all
    union all
    select 'contact_id', contact_id, coalesce(created_at, updated_at, _loaded_at) from contacts
    union all
    select 'phone_hash', phone_hash, coalesce(created_at, updated_at, _loaded_at) from contacts
    union all
    select 'email_hash', email_hash, coalesce(created_at, updated_at, _loaded_at) from contacts
    union all
    select 'unionid', wechat_unionid, coalesce(created_at, updated_at, _loaded_at) from contacts
    union all
    select 'lead_id', lead_id, created_at from leads
    union all
    select 'phone_hash', phone_hash, created_at from leads
    union all
    select 'email_hash', email_hash, created_at from leads
    union all
    select 'login_id', login_id, opened_at from accounts
    union all
    select 'phone_hash', party_hash, min(event_at) from calls group by all
    union all
    select 'event_person_key', person_key, min(registered_at) from registrations group by all
    union all
    select 'phone_hash', phone_hash, min(registered_at) from registrations group by all
    union all
    select 'email_hash', email_hash, min(registered_at) from registrations group by all
    union all
    select 'anonymous_id', anonymous_id, min(event_at) from link_clicks group by all
    union all
    select 'anonymous_id', anonymous_id, min(event_at) from content_events group by all
    union all
    select 'login_id', login_id, min(event_at) from content_events group by all

),

nodes as (

    select
        node_type,
        node_value,
        min(first_seen) as first_seen,
    from sightings
    where node_value is not null
    group by all

),

prioritised as (

    select
        *,
        {{ node_priority('node_type') }} as type_priority,
    from nodes

),

final as (

    select
        row_number() over (order by first_seen, type_priority, node_value) as node_no,
        node_type,
        node_value,
        type_priority,
        first_seen,
    from prioritised

)

select * from final
