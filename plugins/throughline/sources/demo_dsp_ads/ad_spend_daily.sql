-- Grain of the report: advertiser, campaign and day; days are written as 20260630.
select
    daily._file,
    daily._row,
    constants.platform,
    daily.advertiser as account_id,
    daily.campaign as campaign_id,
    constants.absent as adgroup_id,
    constants.absent as keyword_id,
    constants.absent as match_type,
    constants.absent as device,
    concat_ws('-', left(daily.day, 4), substr(daily.day, 5, 2), substr(daily.day, 7)) as date,
    daily.imps as impressions,
    daily.clicks,
    daily.spend as cost,
    daily.currency,
    constants.ad_type,
from daily
cross join constants
