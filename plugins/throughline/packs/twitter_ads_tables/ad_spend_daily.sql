-- Grain: account, campaign, line item and day; placements are added up. A report's date is the
-- instant in UTC at which a day of the account begins. Charges are in millionths.
with items as (
    select
        cast(id as varchar) as id,
        arg_max(cast(campaign_id as varchar), updated_at) as campaign_id,
        arg_max(name, updated_at) as name,
        arg_max(currency, updated_at) as currency,
    from line_item_history
    group by all
),

campaigns as (
    select cast(id as varchar) as id, arg_max(name, updated_at) as name
    from campaign_history
    group by all
),

accounts as (
    select cast(id as varchar) as id, arg_max(timezone, updated_at) as timezone
    from account_history
    group by all
),

placements as (
    select
        report._file,
        report._row,
        cast(report.account_id as varchar) as account_id,
        cast(report.line_item_id as varchar) as adgroup_id,
        cast(
            timezone(
                coalesce(accounts.timezone, constants.account_timezone),
                timezone('UTC', cast(report.date as timestamp))
            ) as date
        ) as date,
        report.impressions,
        report.clicks,
        cast(report.billed_charge_local_micro as decimal(18, 0)) as charge,
    from line_item_report as report
    left join accounts on accounts.id = cast(report.account_id as varchar)
    cross join constants
),

days as (
    select
        _file,
        min(_row) as _row,
        account_id,
        adgroup_id,
        date,
        sum(coalesce(cast(impressions as bigint), 0)) as impressions,
        sum(coalesce(cast(clicks as bigint), 0)) as clicks,
        cast(sum(charge) as decimal(18, 0)) * 0.000001 as cost,
    from placements
    group by all
)

select
    days.*,
    'twitter_ads' as platform,
    coalesce(items.campaign_id, '(none)') as campaign_id,
    '(none)' as keyword_id,
    '(none)' as match_type,
    '(none)' as device,
    coalesce(items.currency, constants.currency) as currency,
    'social' as ad_type,
    campaigns.name as campaign_name,
    items.name as adgroup_name,
from days
left join items on items.id = days.adgroup_id
left join campaigns on campaigns.id = items.campaign_id
cross join constants
