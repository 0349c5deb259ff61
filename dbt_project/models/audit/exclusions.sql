with

test_rows as (

    select * from {{ ref('stg_test_row') }}

),

accounts as (

    select * from {{ ref('map_company') }}
    where id_type = 'account_id'

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

-- What core leaves out because a record that it belongs to is not known: each row by the first
-- reason that holds.
unplaced_items as (

    select
        case when contracts.contract_id is null then 'unknown_contract' else 'unknown_account' end
            as reason,
    from {{ ref('stg_subscription_item') }} as items
    left join {{ ref('stg_contract') }} as contracts
        on items.contract_id = contracts.contract_id
    left join accounts
        on contracts.account_id = accounts.id_value
    where contracts.contract_id is null or (items.recurring and accounts.id_value is null)

),

unplaced_steps as (

    select
        case when touches.touch_id is null then 'unknown_touch' else 'before_touch' end as reason,
    from {{ ref('stg_touch_event') }} as steps
    left join {{ ref('stg_touch') }} as touches
        on steps.touch_id = touches.touch_id
    where
        touches.touch_id is null
        or steps.ts < touches.sent_at - interval '{{ var("clock_skew_min") }} minutes'

),

unplaced_dispositions as (

    select case when calls.call_id is null then 'unknown_call' else 'not_answered' end as reason,
    from {{ ref('stg_call_disposition') }} as dispositions
    left join {{ ref('stg_cdr') }} as calls
        on dispositions.call_id = calls.call_id
    where calls.call_id is null or calls.outcome <> 'answered'

),

no_touches as (

    select * from {{ ref('int_touches__excluded') }}

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
    union all
    select entity, reason, count(*) as rows
    from no_touches
    group by entity, reason
    union all
    select 'subscription_item' as entity, reason, count(*) as rows
    from unplaced_items
    group by reason
    union all
    select 'touch_event' as entity, reason, count(*) as rows
    from unplaced_steps
    group by reason
    union all
    select 'call_disposition' as entity, reason, count(*) as rows
    from unplaced_dispositions
    group by reason

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
