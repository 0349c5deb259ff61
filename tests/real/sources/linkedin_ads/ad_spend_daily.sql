select
    report._file,
    report._row,
    'linkedin_ads' as platform,
    '(none)' as account_id,
    report.campaign_id,
    '(none)' as adgroup_id,
    '(none)' as keyword_id,
    '(none)' as match_type,
    '(none)' as device,
    left(report.day, 10) as date,
    coalesce(report.impressions, '0') as impressions,
    coalesce(report.clicks, '0') as clicks,
    -- Nothing in the local currency is nothing in dollars.
    case
        when try_cast(report.cost_in_local_currency as double) = 0 then '0'
        else report.cost_in_usd
    end as cost,
    constants.currency,
    'social' as ad_type,
from report
cross join constants
