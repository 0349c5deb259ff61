select
    _file,
    min(_row) as _row,
    'microsoft_ads' as platform,
    account_id,
    campaign_id,
    ad_group_id as adgroup_id,
    keyword_id,
    lower(delivered_match_type) as match_type,
    lower(device_type) as device,
    date,
    sum(try_cast(impressions as bigint)) as impressions,
    sum(try_cast(clicks as bigint)) as clicks,
    sum(try_cast(spend as decimal(18, 4))) as cost,
    currency_code as currency,
    sum(try_cast(conversions as decimal(18, 4))) as conversions_platform,
    'sem' as ad_type,
from report
group by all
