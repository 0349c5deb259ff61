-- A01: media spend per day, channel and campaign in the reporting currency at the spend date's
-- rate, rebates included, rounded once here: every total is a sum of these rows. The campaign is
-- the platform's campaign_id, which is what utm_campaign has to carry to meet it.
with

ad_rows as (

    select * from {{ ref('stg_ad_spend_daily') }}
    where date <= {{ param('as_of') }}

),

placements as (

    select
        platform,
        ad_type,
        channel_id
    from {{ ref('int_touch_sources__matched') }}
    where platform is not null

),

sums as (

    select
        ad_rows.date,
        coalesce(placements.channel_id, 'unassigned') as channel_id,
        {{ campaign_key('ad_rows.campaign_id') }} as campaign,
        ad_rows.currency,
        sum(ad_rows.cost + coalesce(ad_rows.cost_adjust, 0)) as native_spend,
        sum(ad_rows.impressions) as impressions,
        sum(ad_rows.clicks) as clicks
    from ad_rows
    left join placements
        on
            ad_rows.platform = placements.platform
            and ad_rows.ad_type is not distinct from placements.ad_type
    group by all

),

final as (

    select
        date,
        channel_id,
        campaign,
        currency,
        cast(native_spend as decimal(18, 4)) as native_spend,
        {{ to_reporting('sums.native_spend', 'sums.currency', 'sums.date') }} as ad_spend,
        cast(impressions as bigint) as impressions,
        cast(clicks as bigint) as clicks
    from sums

)

select * from final
