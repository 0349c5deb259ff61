-- The registry's own channel counts where there is one; else the rules that also place visits decide.
{% set said = [
    'url', 'utm_source', 'utm_medium', 'utm_campaign', 'utm_term', 'utm_content', 'channel_id',
    'placement', 'qr_id', 'vendor', 'staff_id', 'active_from', 'active_to', 'is_deleted',
] %}
with

versions as (

    select * from {{ ref('stg_utm_link_version') }}

),

channels as (

    select * from {{ ref('dim_channel') }}

),

sources as (

    select * from {{ ref('int_touch_sources__matched') }}
    where coalesce(referrer_domain, channel_raw, platform, ad_type) is null

),

periods as (

    {{ named_periods('versions', ['short_code'], said, 'said_at') }}

),

links as (

    select * from periods
    where not is_deleted

),

final as (

    select
        links.short_code,
        links.url,
        links.utm_source,
        links.utm_medium,
        links.utm_campaign,
        links.utm_term,
        links.utm_content,
        case
            when channels.channel_id is not null then channels.channel_id
            when coalesce(links.utm_source, links.utm_medium, links.utm_campaign) is null
                then 'unassigned'
            else coalesce(sources.channel_id, 'unassigned')
        end as channel_id,
        {{ campaign_key('links.utm_campaign') }} as campaign,
        links.placement,
        links.qr_id,
        links.vendor,
        links.staff_id,
        links.active_from,
        links.active_to,
        links.valid_from,
        links.next_from as valid_to,
        links.next_from is null as is_current,
    from links
    left join channels
        on links.channel_id = channels.channel_id
    left join sources
        on
            links.utm_source is not distinct from sources.utm_source
            and links.utm_medium is not distinct from sources.utm_medium
            and links.utm_campaign is not distinct from sources.utm_campaign

)

select * from final
