with

ad_costs as (

    select * from {{ ref('int_ad_costs__converted') }}
    where date <= {{ param('as_of') }}

),

sessions as (

    select
        *,
        {{ campaign_key('utm_campaign') }} as campaign
    from {{ ref('fct_web_session') }}
    where session_date <= {{ param('as_of') }}

),

devices as (

    select * from {{ ref('int_devices__activated') }}

),

registrations as (

    select * from {{ ref('int_persons__registered') }}

),

tenants as (

    select * from {{ ref('int_tenants__created') }}

),

companies as (

    select * from {{ ref('dim_company') }}

),

leads as (

    select
        *,
        {{ campaign_key('campaign') }} as campaign_id
    from {{ ref('fct_lead') }}
    where is_kept and created_at < {{ param('as_of_end') }}

),

validations as (

    select * from {{ ref('int_leads__validated') }}

),

ad_sums as (

    select
        date,
        case when grouping(channel_id) = 1 then 'ALL' else channel_id end as channel,
        case when grouping(campaign) = 1 then 'ALL' else campaign end as campaign,
        sum(ad_spend) as ad_spend,
        sum(impressions) as impressions,
        sum(clicks) as clicks
    from ad_costs
    group by date, cube (channel_id, campaign)

),

session_sums as (

    select
        session_date as date,
        case when grouping(channel_id) = 1 then 'ALL' else channel_id end as channel,
        case when grouping(campaign) = 1 then 'ALL' else campaign end as campaign,
        count(*) as visits,
        count(distinct anonymous_id) as uv,
        count(case when is_bounce then 1 end) as bounces,
        sum(cast(duration_seconds as decimal(18, 6))) as duration_seconds,
        sum(pageviews) as pageviews,
        count(case when channel_id not in ('unassigned', 'direct') then 1 end) as covered_visits
    from sessions
    group by session_date, cube (channel_id, campaign)

),

device_sums as (

    select
        activated_date as date,
        case when grouping(channel_id) = 1 then 'ALL' else channel_id end as channel,
        case when grouping(campaign) = 1 then 'ALL' else campaign end as campaign,
        count(*) as activations,
        count(case when is_registered_in_time then 1 end) as registered_devices
    from devices
    group by activated_date, cube (channel_id, campaign)

),

registration_sums as (

    select
        registered_date as date,
        case when grouping(channel_id) = 1 then 'ALL' else channel_id end as channel,
        case when grouping(campaign) = 1 then 'ALL' else campaign end as campaign,
        count(*) as new_registrations
    from registrations
    group by registered_date, cube (channel_id, campaign)

),

tenant_sums as (

    select
        tenants.created_date as date,
        case when grouping(tenants.channel_id) = 1 then 'ALL' else tenants.channel_id end
            as channel,
        case when grouping(tenants.campaign) = 1 then 'ALL' else tenants.campaign end as campaign,
        count(*) as companies_created,
        count(case when companies.headcount >= {{ var('icp_min_headcount') }} then 1 end)
            as new_companies_20plus,
        count(case when companies.headcount is null then 1 end) as headcount_unknown
    from tenants
    left join companies
        on tenants.company_id = companies.company_id
    group by tenants.created_date, cube (tenants.channel_id, tenants.campaign)

),

lead_sums as (

    select
        leads.created_date as date,
        case when grouping(leads.channel_id) = 1 then 'ALL' else leads.channel_id end as channel,
        case when grouping(leads.campaign_id) = 1 then 'ALL' else leads.campaign_id end
            as campaign,
        count(*) as leads,
        count(case when validations.is_valid then 1 end) as valid_leads
    from leads
    left join validations
        on leads.lead_id = validations.lead_id
    group by leads.created_date, cube (leads.channel_id, leads.campaign_id)

),

keys as (

    select date, channel, campaign from ad_sums
    union
    select date, channel, campaign from session_sums
    union
    select date, channel, campaign from device_sums
    union
    select date, channel, campaign from registration_sums
    union
    select date, channel, campaign from tenant_sums
    union
    select date, channel, campaign from lead_sums

),

joined as (

    select
        keys.date,
        keys.channel,
        keys.campaign,
        cast(coalesce(ad_sums.ad_spend, 0) as decimal(18, 2)) as ad_spend,
        cast(coalesce(ad_sums.impressions, 0) as bigint) as impressions,
        cast(coalesce(ad_sums.clicks, 0) as bigint) as clicks,
        coalesce(session_sums.visits, 0) as visits,
        coalesce(session_sums.uv, 0) as uv,
        coalesce(session_sums.bounces, 0) as bounces,
        cast(coalesce(session_sums.duration_seconds, 0) as double) as duration_seconds,
        cast(coalesce(session_sums.pageviews, 0) as bigint) as pageviews,
        coalesce(session_sums.covered_visits, 0) as covered_visits,
        coalesce(device_sums.activations, 0) as activations,
        coalesce(device_sums.registered_devices, 0) as registered_devices,
        coalesce(registration_sums.new_registrations, 0) as new_registrations,
        coalesce(tenant_sums.companies_created, 0) as companies_created,
        coalesce(tenant_sums.new_companies_20plus, 0) as new_companies_20plus,
        coalesce(tenant_sums.headcount_unknown, 0) as headcount_unknown,
        coalesce(lead_sums.leads, 0) as leads,
        coalesce(lead_sums.valid_leads, 0) as valid_leads,
        keys.date + {{ var('registration_days') }} <= {{ param('as_of') }} as is_mature_reg
    from keys
    left join ad_sums
        on
            keys.date = ad_sums.date
            and keys.channel = ad_sums.channel
            and keys.campaign = ad_sums.campaign
    left join session_sums
        on
            keys.date = session_sums.date
            and keys.channel = session_sums.channel
            and keys.campaign = session_sums.campaign
    left join device_sums
        on
            keys.date = device_sums.date
            and keys.channel = device_sums.channel
            and keys.campaign = device_sums.campaign
    left join registration_sums
        on
            keys.date = registration_sums.date
            and keys.channel = registration_sums.channel
            and keys.campaign = registration_sums.campaign
    left join tenant_sums
        on
            keys.date = tenant_sums.date
            and keys.channel = tenant_sums.channel
            and keys.campaign = tenant_sums.campaign
    left join lead_sums
        on
            keys.date = lead_sums.date
            and keys.channel = lead_sums.channel
            and keys.campaign = lead_sums.campaign

),

final as (

    select
        date,
        channel,
        campaign,
        ad_spend,
        impressions,
        clicks,
        {{ safe_div('clicks', 'impressions') }} as ctr,
        visits,
        uv,
        {{ safe_div('visits', 'clicks') }} as arrival_rate,
        {{ safe_div('bounces', 'visits') }} as bounce_rate,
        bounces as bounce_rate_num,
        visits as bounce_rate_den,
        {{ safe_div('duration_seconds', 'visits') }} as avg_duration_seconds,
        duration_seconds as avg_duration_seconds_num,
        visits as avg_duration_seconds_den,
        {{ safe_div('pageviews', 'visits') }} as pages_per_visit,
        pageviews as pages_per_visit_num,
        visits as pages_per_visit_den,
        cast(null as bigint) as downloads,
        activations,
        cast(null as double) as activation_rate_from_download,
        {{ safe_div('activations', 'clicks') }} as activation_rate_from_click,
        new_registrations,
        case when is_mature_reg then {{ safe_div('registered_devices', 'activations') }} end
            as reg_rate_app,
        case when is_mature_reg then registered_devices end as reg_rate_app_num,
        case when is_mature_reg then activations end as reg_rate_app_den,
        companies_created,
        new_companies_20plus,
        headcount_unknown,
        leads,
        valid_leads,
        {{ safe_div('covered_visits', 'visits') }} as utm_coverage,
        covered_visits as utm_coverage_num,
        visits as utm_coverage_den,
        cast(null as bigint) as qr_scans,
        cast(null as bigint) as qr_scan_persons,
        cast(null as bigint) as qr_scan_new_persons
    from joined

)

select * from final
