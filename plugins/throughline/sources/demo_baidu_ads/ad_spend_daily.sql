-- Grain of the report: account, campaign, ad group, keyword, match type, device and day.
select
    spend._file,
    spend._row,
    constants.platform,
    spend."账户ID" as account_id,
    spend."推广计划ID" as campaign_id,
    spend."推广单元ID" as adgroup_id,
    spend."关键词ID" as keyword_id,
    case spend."匹配方式" when '短语' then 'phrase' when '精确' then 'exact' else 'broad' end as match_type,
    case spend."设备" when '计算机' then 'desktop' when '移动' then 'mobile' else spend."设备" end as device,
    spend."日期" as date,
    spend."展现" as impressions,
    spend."点击" as clicks,
    spend."消费" as cost,
    constants.currency,
    constants.ad_type,
    spend."推广计划" as campaign_name,
    spend."推广单元" as adgroup_name,
    spend."关键词" as keyword_text,
from spend
cross join constants
