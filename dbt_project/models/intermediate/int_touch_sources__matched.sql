-- One row per combination of captured values, with the channel of the first rule that matches it.
with

pageviews as (

    select * from {{ ref('fct_pageview') }}

),

leads as (

    select * from {{ ref('stg_lead') }}

),

spend as (

    select * from {{ ref('stg_ad_spend_daily') }}

),

links as (

    select * from {{ ref('stg_utm_link_version') }}

),

rules as (

    select * from {{ ref('channel_rules') }}

),

captured as (

    select distinct
        utm_source,
        utm_medium,
        utm_campaign,
        referrer_domain,
        cast(null as varchar) as channel_raw,
        cast(null as varchar) as platform,
        cast(null as varchar) as ad_type,
    from pageviews

    union

    select distinct
        utm_source,
        utm_medium,
        utm_campaign,
        cast(null as varchar) as referrer_domain,
        channel_raw,
        cast(null as varchar) as platform,
        cast(null as varchar) as ad_type,
    from leads

    union

    select distinct
        cast(null as varchar) as utm_source,
        cast(null as varchar) as utm_medium,
        cast(null as varchar) as utm_campaign,
        cast(null as varchar) as referrer_domain,
        cast(null as varchar) as channel_raw,
        platform,
        ad_type,
    from spend

    union

    select distinct
        utm_source,
        utm_medium,
        utm_campaign,
        cast(null as varchar) as referrer_domain,
        cast(null as varchar) as channel_raw,
        cast(null as varchar) as platform,
        cast(null as varchar) as ad_type,
    from links

),

normalised as (

    select
        *,
        {{ normal_token('utm_source') }} as source_token,
        {{ normal_token('utm_medium') }} as medium_token,
        {{ normal_token('utm_campaign') }} as campaign_token,
        {{ normal_token('referrer_domain') }} as referrer_token,
        {{ normal_token('channel_raw') }} as raw_token,
        {{ normal_token('platform') }} as platform_token,
        {{ normal_token('ad_type') }} as ad_type_token,
    from captured

),

compared as (

    select
        normalised.*,
        rules.rule_no,
        rules.channel_id,
        rules.match_type,
        rules.match_value,
        case rules.match_field
            when 'utm_source' then normalised.source_token
            when 'utm_medium' then normalised.medium_token
            when 'utm_campaign' then normalised.campaign_token
            when 'utm_source+utm_medium'
                then normalised.source_token || ' ' || normalised.medium_token
            when 'referrer_domain' then normalised.referrer_token
            when 'channel_raw' then normalised.raw_token
            when 'platform' then normalised.platform_token
            when 'ad_type' then normalised.ad_type_token
            when 'platform+ad_type'
                then normalised.platform_token || ' ' || normalised.ad_type_token
        end as found_value,
    from normalised
    cross join rules

),

matched as (

    select *
    from compared
    where
        case match_type
            when 'equals' then found_value = match_value
            when 'suffix'
                then found_value = match_value or {{ has_suffix('found_value', "'.' || match_value") }}
            when 'contains' then contains(found_value, match_value)
            when 'any' then found_value is not null
            when 'absent'
                then coalesce(
                    source_token, medium_token, campaign_token, referrer_token, raw_token,
                    platform_token, ad_type_token
                ) is null
            else {{ refuse() }}('channel_rules: unknown match_type ' || match_type)
        end

),

final as (

    select
        normalised.utm_source,
        normalised.utm_medium,
        normalised.utm_campaign,
        normalised.referrer_domain,
        normalised.channel_raw,
        normalised.platform,
        normalised.ad_type,
        coalesce(min_by(matched.channel_id, matched.rule_no), 'unassigned') as channel_id,
    from normalised
    left join matched
        on
            normalised.utm_source is not distinct from matched.utm_source
            and normalised.utm_medium is not distinct from matched.utm_medium
            and normalised.utm_campaign is not distinct from matched.utm_campaign
            and normalised.referrer_domain is not distinct from matched.referrer_domain
            and normalised.channel_raw is not distinct from matched.channel_raw
            and normalised.platform is not distinct from matched.platform
            and normalised.ad_type is not distinct from matched.ad_type
    group by all

)

select * from final
