select
    report._file,
    min(report._row) as _row,
    'snapchat_ads' as platform,
    '(none)' as account_id,
    '(none)' as campaign_id,
    report.ad_id as adgroup_id,
    '(none)' as keyword_id,
    '(none)' as match_type,
    '(none)' as device,
    left(report.date, 10) as date,
    sum(try_cast(report.impressions as bigint)) as impressions,
    sum(try_cast(report.swipes as bigint)) as clicks,
    sum(try_cast(report.spend as decimal(18, 0))) * 0.000001 as cost,
    constants.currency,
    'social' as ad_type,
from report
cross join constants
group by all
