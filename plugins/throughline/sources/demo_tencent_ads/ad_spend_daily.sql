-- Grain of the report: account, campaign and day. Cost arrives in fen, a hundredth of a yuan.
select
    report._file,
    report._row,
    constants.platform,
    report.account_id,
    report.campaign_id,
    constants.absent as adgroup_id,
    constants.absent as keyword_id,
    constants.absent as match_type,
    constants.absent as device,
    report.date,
    report.view_count as impressions,
    report.valid_click_count as clicks,
    coalesce(cast(try_cast(report.cost as bigint) * 0.01 as varchar), report.cost) as cost,
    constants.currency,
    constants.ad_type,
    report.campaign_name,
from report
cross join constants
