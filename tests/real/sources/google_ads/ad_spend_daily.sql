select
    report._file,
    report._row,
    'google_ads' as platform,
    report.customer_id as account_id,
    report.campaign_id,
    report.ad_group_id as adgroup_id,
    report.ad_group_criterion_criterion_id as keyword_id,
    '(none)' as match_type,
    lower(report.device) as device,
    report.date,
    report.impressions,
    report.clicks,
    try_cast(report.cost_micros as decimal(18, 0)) * 0.000001 as cost,
    constants.currency,
    report.conversions as conversions_platform,
    'sem' as ad_type,
from report
cross join constants
