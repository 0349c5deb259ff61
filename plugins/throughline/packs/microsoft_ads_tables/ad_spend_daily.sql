-- Grain: account, campaign, match type, device and day; systems, networks and places are added up.
with campaigns as (
    select
        cast(id as varchar) as id,
        arg_max(name, modified_time) as name,
        arg_max(type, modified_time) as type,
    from campaign_history
    group by all
),

given as (
    select
        _file,
        _row,
        cast(account_id as varchar) as account_id,
        cast(campaign_id as varchar) as campaign_id,
        coalesce(nullif(lower(delivered_match_type), 'unknown'), '(none)') as match_type,
        coalesce(nullif(lower(device_type), 'unknown'), '(none)') as device,
        cast(date as date) as date,
        impressions,
        clicks,
        cast(spend as decimal(18, 4)) as spend,
        conversions,
        nullif(currency_code, '') as currency,
    from campaign_performance_daily_report
),

days as (
    select
        _file,
        min(_row) as _row,
        account_id,
        campaign_id,
        match_type,
        device,
        date,
        currency,
        sum(cast(impressions as bigint)) as impressions,
        sum(cast(clicks as bigint)) as clicks,
        sum(spend) as cost,
        sum(cast(conversions as decimal(18, 4))) as conversions_platform,
    from given
    group by all
)

select
    days.* exclude (currency),
    'microsoft_ads' as platform,
    '(none)' as adgroup_id,
    '(none)' as keyword_id,
    coalesce(days.currency, constants.currency) as currency,
    case when lower(campaigns.type) = 'audience' then 'dsp' else 'sem' end as ad_type,
    campaigns.name as campaign_name,
from days
left join campaigns on campaigns.id = days.campaign_id
cross join constants
