-- Grain: account, campaign group, campaign and day. What others call a campaign is LinkedIn's
-- campaign group; its campaigns stand where others have ad groups.
with campaigns as (
    select
        cast(id as varchar) as id,
        arg_max(cast(account_id as varchar), last_modified_time) as account_id,
        arg_max(cast(campaign_group_id as varchar), last_modified_time) as group_id,
        arg_max(name, last_modified_time) as name,
    from campaign_history
    group by all
),

groups as (
    select cast(id as varchar) as id, arg_max(name, last_modified_time) as name
    from campaign_group_history
    group by all
),

accounts as (
    select cast(id as varchar) as id, arg_max(currency, last_modified_time) as currency
    from account_history
    group by all
)

select
    days._file,
    days._row,
    'linkedin_ads' as platform,
    coalesce(campaigns.account_id, '(none)') as account_id,
    coalesce(campaigns.group_id, '(none)') as campaign_id,
    days.campaign_id as adgroup_id,
    '(none)' as keyword_id,
    '(none)' as match_type,
    '(none)' as device,
    cast(days.day as date) as date,
    coalesce(cast(days.impressions as bigint), 0) as impressions,
    coalesce(cast(days.clicks as bigint), 0) as clicks,
    days.cost_in_local_currency as cost,
    coalesce(accounts.currency, constants.currency) as currency,
    coalesce(cast(days.external_website_conversions as decimal(18, 4)), 0) as conversions_platform,
    'social' as ad_type,
    groups.name as campaign_name,
    campaigns.name as adgroup_name,
from ad_analytics_by_campaign as days
left join campaigns on campaigns.id = cast(days.campaign_id as varchar)
left join groups on groups.id = campaigns.group_id
left join accounts on accounts.id = campaigns.account_id
cross join constants
