-- Grain: organization, campaign, ad group and day. Taps are clicks.
with adgroups as (
    select
        cast(id as varchar) as id,
        arg_max(cast(organization_id as varchar), modification_time) as organization_id,
        arg_max(cast(campaign_id as varchar), modification_time) as campaign_id,
        arg_max(name, modification_time) as name,
    from ad_group_history
    group by all
),

campaigns as (
    select cast(id as varchar) as id, arg_max(name, modification_time) as name
    from campaign_history
    group by all
)

select
    report._file,
    report._row,
    'apple_search_ads' as platform,
    coalesce(adgroups.organization_id, '(none)') as account_id,
    coalesce(adgroups.campaign_id, '(none)') as campaign_id,
    report.ad_group_id as adgroup_id,
    '(none)' as keyword_id,
    '(none)' as match_type,
    '(none)' as device,
    cast(report.date as date) as date,
    report.impressions,
    report.taps as clicks,
    report.local_spend_amount as cost,
    coalesce(report.local_spend_currency, constants.currency) as currency,
    report.conversions as conversions_platform,
    'sem' as ad_type,
    campaigns.name as campaign_name,
    adgroups.name as adgroup_name,
from ad_group_report as report
left join adgroups on adgroups.id = cast(report.ad_group_id as varchar)
left join campaigns on campaigns.id = adgroups.campaign_id
cross join constants
