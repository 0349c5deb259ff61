-- Grain: account, campaign, ad group, keyword, match type, device and day. Numbers may come with
-- commas between thousands, and `-` where there is none.
with given as (
    select
        _file,
        _row,
        "账户ID" as account_id,
        "推广计划ID" as campaign_id,
        coalesce(nullif("推广单元ID", '-'), '(none)') as adgroup_id,
        coalesce(nullif("关键词ID", '-'), '(none)') as keyword_id,
        case
            when "匹配方式" like '%精确%' then 'exact'
            when "匹配方式" like '%短语%' then 'phrase'
            when "匹配方式" like '%智能%' or "匹配方式" like '%广泛%' then 'broad'
            else '(none)'
        end as match_type,
        case
            when "设备" like '%计算机%' then 'desktop'
            when "设备" like '%移动%' then 'mobile'
            else '(none)'
        end as device,
        replace("日期", '/', '-') as date,
        replace("展现", ',', '') as impressions,
        replace("点击", ',', '') as clicks,
        replace("消费", ',', '') as cost,
        "推广计划" as campaign_name,
        nullif("推广单元", '-') as adgroup_name,
        nullif("关键词", '-') as keyword_text
    from report
)

select
    given.*,
    'baidu' as platform,
    constants.currency,
    'sem' as ad_type,
from given
cross join constants
where given.date not in ('合计', '总计')
