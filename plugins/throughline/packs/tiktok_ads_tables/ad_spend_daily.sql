-- Grain: advertiser, campaign, ad group and day; the hours are those of the advertiser's own clock.
with adgroups as (
    select
        cast(adgroup_id as varchar) as id,
        arg_max(cast(advertiser_id as varchar), updated_at) as advertiser_id,
        arg_max(cast(campaign_id as varchar), updated_at) as campaign_id,
        arg_max(adgroup_name, updated_at) as name,
    from adgroup_history
    group by all
),

days as (
    select
        _file,
        min(_row) as _row,
        cast(adgroup_id as varchar) as adgroup_id,
        cast(stat_time_hour as date) as date,
        sum(cast(impressions as bigint)) as impressions,
        sum(cast(clicks as bigint)) as clicks,
        sum(cast(spend as decimal(18, 4))) as cost,
        sum(cast(conversion as decimal(18, 4))) as conversions_platform,
    from adgroup_report_hourly
    group by _file, adgroup_id, cast(stat_time_hour as date)
)

select
    days.*,
    'tiktok_ads' as platform,
    coalesce(adgroups.advertiser_id, '(none)') as account_id,
    coalesce(adgroups.campaign_id, '(none)') as campaign_id,
    '(none)' as keyword_id,
    '(none)' as match_type,
    '(none)' as device,
    coalesce(advertiser.currency, constants.currency) as currency,
    'feed' as ad_type,
    adgroups.name as adgroup_name,
from days
left join adgroups on adgroups.id = days.adgroup_id
left join advertiser on cast(advertiser.id as varchar) = adgroups.advertiser_id
cross join constants
