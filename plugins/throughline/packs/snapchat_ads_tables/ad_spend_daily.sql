-- Grain: account, campaign, ad squad and day of the account; the hours are in UTC. Spend is in
-- millionths, swipes are clicks.
with ads as (
    select
        cast(id as varchar) as id,
        arg_max(cast(ad_squad_id as varchar), _fivetran_synced) as squad_id,
    from ad_history
    group by all
),

squads as (
    select
        cast(id as varchar) as id,
        arg_max(cast(campaign_id as varchar), _fivetran_synced) as campaign_id,
        arg_max(name, _fivetran_synced) as name,
    from ad_squad_history
    group by all
),

campaigns as (
    select
        cast(id as varchar) as id,
        arg_max(cast(ad_account_id as varchar), _fivetran_synced) as account_id,
        arg_max(name, _fivetran_synced) as name,
    from campaign_history
    group by all
),

hours as (
    select
        report._file,
        report._row,
        coalesce(ads.squad_id, '(none)') as adgroup_id,
        cast(
            timezone(constants.account_timezone, timezone('UTC', cast(report.date as timestamp)))
            as date
        ) as date,
        report.impressions,
        report.swipes,
        report.spend,
    from ad_hourly_report as report
    left join ads on ads.id = cast(report.ad_id as varchar)
    cross join constants
),

days as (
    select
        _file,
        min(_row) as _row,
        adgroup_id,
        date,
        sum(cast(impressions as bigint)) as impressions,
        sum(cast(swipes as bigint)) as clicks,
        cast(sum(cast(spend as decimal(18, 0))) as decimal(18, 0)) * 0.000001 as cost,
    from hours
    group by all
)

select
    days.*,
    'snapchat_ads' as platform,
    coalesce(campaigns.account_id, '(none)') as account_id,
    coalesce(squads.campaign_id, '(none)') as campaign_id,
    '(none)' as keyword_id,
    '(none)' as match_type,
    '(none)' as device,
    constants.currency,
    'social' as ad_type,
    campaigns.name as campaign_name,
    squads.name as adgroup_name,
from days
left join squads on squads.id = days.adgroup_id
left join campaigns on campaigns.id = squads.campaign_id
cross join constants
