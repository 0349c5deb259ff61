select
    report._file,
    min(report._row) as _row,
    'facebook_ads' as platform,
    report.account_id,
    '(none)' as campaign_id,
    '(none)' as adgroup_id,
    '(none)' as keyword_id,
    '(none)' as match_type,
    '(none)' as device,
    report.date,
    sum(try_cast(report.impressions as bigint)) as impressions,
    sum(try_cast(report.inline_link_clicks as bigint)) as clicks,
    sum(try_cast(report.spend as decimal(18, 4))) as cost,
    constants.currency,
    'feed' as ad_type,
from report
cross join constants
group by all
