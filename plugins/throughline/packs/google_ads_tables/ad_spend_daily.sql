-- Grain: account, campaign, device and day; networks are added up. Cost is in millionths.
with campaigns as (
    select
        cast(id as varchar) as id,
        arg_max(name, updated_at) as name,
        arg_max(upper(advertising_channel_type), updated_at) as channel,
    from campaign_history
    group by all
),

accounts as (
    select
        cast(id as varchar) as id,
        arg_max(currency_code, updated_at) as currency,
    from account_history
    group by all
),

days as (
    select
        _file,
        min(_row) as _row,
        cast(customer_id as varchar) as account_id,
        cast(id as varchar) as campaign_id,
        coalesce(nullif(lower(device), ''), '(none)') as device,
        cast(date as date) as date,
        sum(cast(impressions as bigint)) as impressions,
        sum(cast(clicks as bigint)) as clicks,
        cast(sum(cast(cost_micros as decimal(18, 0))) as decimal(18, 0)) * 0.000001 as cost,
        sum(cast(conversions as decimal(18, 4))) as conversions_platform,
    from campaign_stats
    group by _file, customer_id, id, device, date
)

select
    days.*,
    'google_ads' as platform,
    '(none)' as adgroup_id,
    '(none)' as keyword_id,
    '(none)' as match_type,
    coalesce(accounts.currency, constants.currency) as currency,
    case
        when campaigns.channel = 'DISPLAY' then 'dsp'
        when campaigns.channel in ('VIDEO', 'DISCOVERY', 'DEMAND_GEN') then 'feed'
        else 'sem'
    end as ad_type,
    campaigns.name as campaign_name,
from days
left join campaigns on campaigns.id = days.campaign_id
left join accounts on accounts.id = days.account_id
cross join constants
