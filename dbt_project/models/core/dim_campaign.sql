-- Names are those of the platform's reports, day by day: what a report leaves out still holds. A
-- campaign that links, visits, leads or market events name and no platform reports has a
-- placeholder, so that whatever is counted by campaign finds a row.
{% set keys = ['platform', 'account_id', 'campaign_id'] %}
with

ad_rows as (

    select * from {{ ref('stg_ad_spend_daily') }}
    where
        campaign_id <> '(none)'
        and date <= {{ param('as_of') }}

),

visits as (

    select * from {{ ref('fct_web_session') }}

),

leads as (

    select * from {{ ref('stg_lead') }}

),

links as (

    select * from {{ ref('stg_utm_link') }}

),

market_events as (

    select * from {{ ref('stg_mkt_event') }}

),

days as (

    select
        {{ keys | join(', ') }},
        date,
        max(campaign_name) as campaign_name,
        max(ad_type) as ad_type,
    from ad_rows
    group by {{ keys | join(', ') }}, date

),

said as (

    select
        {{ keys | join(', ') }},
        date,
        {{ last_said('campaign_name', keys, 'date') }} as campaign_name,
        {{ last_said('ad_type', keys, 'date') }} as ad_type,
    from days

),

periods as (

    {{ named_periods('said', keys, ['campaign_name', 'ad_type'], 'date') }}

),

reported as (

    select
        {{ keys | join(', ') }},
        {{ campaign_key('campaign_id') }} as campaign,
        campaign_name,
        ad_type,
        valid_from,
        next_from - 1 as valid_to,
        next_from is null as is_current,
        false as is_placeholder,
    from periods

),

captured as (

    select utm_campaign as campaign_id, min(session_date) as seen_date
    from visits
    group by all
    union all
    select utm_campaign, min({{ business_date('created_at') }})
    from leads
    group by all
    union all
    select
        utm_campaign,
        min(coalesce(active_from, {{ business_date('coalesce(created_at, _loaded_at)') }})),
    from links
    group by all
    union all
    select campaign_id, min({{ business_date('coalesce(created_at, start_at)') }})
    from market_events
    group by all

),

keyed as (

    select
        {{ campaign_key('campaign_id') }} as campaign,
        min(seen_date) as seen_date,
    from captured
    group by all

),

placeholders as (

    select
        '(none)' as platform,
        '(none)' as account_id,
        keyed.campaign as campaign_id,
        keyed.campaign,
        cast(null as varchar) as campaign_name,
        cast(null as varchar) as ad_type,
        keyed.seen_date as valid_from,
        cast(null as date) as valid_to,
        true as is_current,
        true as is_placeholder,
    from keyed
    left join reported
        on keyed.campaign = reported.campaign
    where
        keyed.campaign <> '(none)'
        and reported.campaign is null

),

final as (

    select * from reported
    union all
    select * from placeholders

)

select * from final
