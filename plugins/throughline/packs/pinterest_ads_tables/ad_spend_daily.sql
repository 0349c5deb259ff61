-- Grain: advertiser, campaign, ad group and day. Counts that end in _1 are what was paid for, those
-- in _2 what savers brought for nothing. Spend is in millionths.
with campaigns as (
    select cast(id as varchar) as id, arg_max(name, created_time) as name
    from campaign_history
    group by all
),

advertisers as (
    select cast(id as varchar) as id, arg_max(currency, updated_time) as currency
    from advertiser_history
    group by all
)

select
    report._file,
    report._row,
    'pinterest_ads' as platform,
    report.advertiser_id as account_id,
    report.campaign_id,
    report.ad_group_id as adgroup_id,
    '(none)' as keyword_id,
    '(none)' as match_type,
    '(none)' as device,
    cast(report.date as date) as date,
    coalesce(cast(report.impression_1 as bigint), 0) as impressions,
    coalesce(cast(report.clickthrough_1 as bigint), 0) as clicks,
    cast(report.spend_in_micro_dollar as decimal(18, 0)) * 0.000001 as cost,
    coalesce(advertisers.currency, constants.currency) as currency,
    report.total_conversions as conversions_platform,
    'feed' as ad_type,
    campaigns.name as campaign_name,
    report.ad_group_name as adgroup_name,
from ad_group_report as report
left join campaigns on campaigns.id = cast(report.campaign_id as varchar)
left join advertisers on advertisers.id = cast(report.advertiser_id as varchar)
cross join constants
