-- Grain: account, campaign, ad set and day; the report names ads only, their history the rest.
with ads as (
    select
        cast(id as varchar) as id,
        arg_max(cast(campaign_id as varchar), updated_time) as campaign_id,
        arg_max(cast(ad_set_id as varchar), updated_time) as ad_set_id,
    from ad_history
    group by all
),

sets as (
    select cast(id as varchar) as id, arg_max(name, updated_time) as name
    from ad_set_history
    group by all
),

campaigns as (
    select cast(id as varchar) as id, arg_max(name, updated_time) as name
    from campaign_history
    group by all
),

days as (
    select
        basic_ad._file,
        min(basic_ad._row) as _row,
        cast(basic_ad.account_id as varchar) as account_id,
        coalesce(ads.campaign_id, '(none)') as campaign_id,
        coalesce(ads.ad_set_id, '(none)') as adgroup_id,
        cast(basic_ad.date as date) as date,
        sum(cast(basic_ad.impressions as bigint)) as impressions,
        sum(coalesce(cast(basic_ad.inline_link_clicks as bigint), 0)) as clicks,
        sum(cast(basic_ad.spend as decimal(18, 4))) as cost,
    from basic_ad
    left join ads on ads.id = cast(basic_ad.ad_id as varchar)
    group by basic_ad._file, basic_ad.account_id, ads.campaign_id, ads.ad_set_id, basic_ad.date
)

select
    days.*,
    'facebook_ads' as platform,
    '(none)' as keyword_id,
    '(none)' as match_type,
    '(none)' as device,
    constants.currency,
    'social' as ad_type,
    campaigns.name as campaign_name,
    sets.name as adgroup_name,
from days
left join sets on sets.id = days.adgroup_id
left join campaigns on campaigns.id = days.campaign_id
cross join constants
