-- Grain: profile, campaign and day. A day on which nothing was clicked and nothing spent comes
-- without impressions, and then means none; any other row without impressions is rejected.
with campaigns as (
    select
        cast(id as varchar) as id,
        arg_max(cast(profile_id as varchar), last_updated_date) as profile_id,
        arg_max(name, last_updated_date) as name,
    from campaign_history
    group by all
)

select
    report._file,
    report._row,
    'amazon_ads' as platform,
    coalesce(campaigns.profile_id, '(none)') as account_id,
    report.campaign_id,
    '(none)' as adgroup_id,
    '(none)' as keyword_id,
    '(none)' as match_type,
    '(none)' as device,
    cast(report.date as date) as date,
    case
        when
            report.impressions is null
            and cast(report.clicks as bigint) = 0
            and cast(report.cost as double) = 0 then 0
        else cast(report.impressions as bigint)
    end as impressions,
    report.clicks,
    report.cost,
    coalesce(
        report.campaign_budget_currency_code, profile.currency_code, constants.currency
    ) as currency,
    'sem' as ad_type,
    campaigns.name as campaign_name,
from campaign_level_report as report
left join campaigns on campaigns.id = cast(report.campaign_id as varchar)
left join profile on cast(profile.id as varchar) = campaigns.profile_id
cross join constants
