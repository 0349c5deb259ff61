-- Grain: account, campaign, ad group and day; regions and placements are added up. Spend is in
-- millionths.
with days as (
    select
        _file,
        min(_row) as _row,
        cast(account_id as varchar) as account_id,
        cast(ad_group_id as varchar) as adgroup_id,
        cast(date as date) as date,
        sum(cast(impressions as bigint)) as impressions,
        sum(cast(clicks as bigint)) as clicks,
        cast(sum(cast(spend as decimal(18, 0))) as decimal(18, 0)) * 0.000001 as cost,
    from ad_group_report
    group by _file, account_id, ad_group_id, cast(date as date)
)

select
    days.*,
    'reddit_ads' as platform,
    coalesce(cast(ad_group.campaign_id as varchar), '(none)') as campaign_id,
    '(none)' as keyword_id,
    '(none)' as match_type,
    '(none)' as device,
    coalesce(account.currency, constants.currency) as currency,
    'social' as ad_type,
    campaign.name as campaign_name,
    ad_group.name as adgroup_name,
from days
left join ad_group on cast(ad_group.id as varchar) = days.adgroup_id
left join campaign on cast(campaign.id as varchar) = cast(ad_group.campaign_id as varchar)
left join account on cast(account.id as varchar) = days.account_id
cross join constants
