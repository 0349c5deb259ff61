with

test_rows as (

    select * from {{ ref('stg_test_row') }}

),

pageviews as (

    select * from {{ ref('fct_pageview') }}

),

clicks as (

    select * from {{ ref('fct_click') }}

),

content_events as (

    select * from {{ ref('fct_content_event') }}

),

app_events as (

    select * from {{ ref('int_app_events__excluded') }}

),

requests as (

    select * from {{ ref('int_api_requests__mapped') }}

),

leads as (

    select * from {{ ref('stg_lead') }}
    where not coalesce(is_deleted, false)

),

lead_survivors as (

    select * from {{ ref('int_leads__surviving') }}
    where id_value = survivor_id

),

counted_leads as (

    select * from {{ ref('int_leads__numbered') }}

),

counts as (

    select entity, 'is_test' as reason, rows from test_rows
    union all
    select 'pageview' as entity, 'is_bot' as reason, count(*) as rows from pageviews where is_bot
    union all
    select 'pageview' as entity, 'is_internal' as reason, count(*) as rows
    from pageviews
    where is_internal and not is_bot
    union all
    select 'click' as entity, 'is_bot' as reason, count(*) as rows from clicks where is_bot
    union all
    select 'click' as entity, 'is_internal' as reason, count(*) as rows
    from clicks
    where is_internal and not is_bot
    union all
    select 'content_event' as entity, 'is_bot' as reason, count(*) as rows
    from content_events
    where is_bot
    union all
    select 'content_event' as entity, 'is_internal' as reason, count(*) as rows
    from content_events
    where is_internal and not is_bot
    union all
    select 'app_event' as entity, reason, rows from app_events
    union all
    select 'api_request_log' as entity, 'is_bot' as reason, count(*) as rows
    from requests
    where is_bot
    union all
    select 'api_request_log' as entity, 'is_internal' as reason, count(*) as rows
    from requests
    where is_internal and not is_bot
    union all
    select 'lead' as entity, 'is_internal' as reason, count(*) as rows
    from leads
    inner join lead_survivors
        on leads.lead_id = lead_survivors.id_value
    left join counted_leads
        on leads.lead_id = counted_leads.lead_id
    where counted_leads.lead_id is null

),

final as (

    select
        {{ param('run_id') }} as run_id,
        entity,
        reason,
        cast(rows as bigint) as rows,
    from counts
    where rows > 0

)

select * from final
