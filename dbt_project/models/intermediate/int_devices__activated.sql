-- A08: one row per device on the day of its first launch ever; a device without a device_id is its
-- cookie. The channel is the install attribution, read by the channel rules from the utm values of
-- that launch. A11: registered in time = its person registers at or after the launch, and at most
-- registration_days later.
with

launches as (

    select * from {{ ref('fct_business_event') }}
    where event in ('$AppInstall', '$AppStart') and business_date <= {{ param('as_of') }}

),

records as (

    select * from {{ ref('stg_app_event') }}

),

rules as (

    select * from {{ ref('channel_rules') }}
    where
        match_field in ('utm_source', 'utm_medium', 'utm_campaign', 'utm_source+utm_medium')
        or match_type = 'absent'

),

identities as (

    select * from {{ ref('map_identity') }}

),

registrations as (

    select * from {{ ref('int_persons__registered') }}

),

ranked as (

    select
        coalesce(device_id, anonymous_id) as device,
        event_id,
        login_id,
        anonymous_id,
        event_at,
        business_date,
        row_number() over (
            partition by coalesce(device_id, anonymous_id) order by event_at, event_id
        ) as launch_no
    from launches
    where coalesce(device_id, anonymous_id) is not null

),

firsts as (

    select
        ranked.device,
        ranked.event_at as activated_at,
        ranked.business_date as activated_date,
        coalesce(by_login.person_id, by_device.person_id, by_cookie.person_id) as person_id,
        {{ normal_token('records.latest_utm_source') }} as utm_source,
        {{ normal_token('records.latest_utm_medium') }} as utm_medium,
        {{ normal_token('records.latest_utm_campaign') }} as utm_campaign
    from ranked
    inner join records
        on ranked.event_id = records.event_id
    left join identities as by_login
        on by_login.id_type = 'login_id' and ranked.login_id = by_login.id_value
    left join identities as by_device
        on
            by_device.id_type = 'device_id'
            and ranked.device = by_device.id_value
            and {{ held_at('by_device', 'ranked.event_at') }}
    left join identities as by_cookie
        on
            by_cookie.id_type = 'anonymous_id'
            and ranked.anonymous_id = by_cookie.id_value
            and {{ held_at('by_cookie', 'ranked.event_at') }}
    where ranked.launch_no = 1

),

matches as (

    select
        firsts.device,
        rules.channel_id,
        row_number() over (partition by firsts.device order by rules.rule_no) as match_no
    from firsts
    inner join rules
        on
            case rules.match_type
                when 'absent'
                    then coalesce(firsts.utm_source, firsts.utm_medium, firsts.utm_campaign) is null
                when 'any' then firsts.utm_source is not null
                else rules.match_value = case rules.match_field
                    when 'utm_source' then firsts.utm_source
                    when 'utm_medium' then firsts.utm_medium
                    when 'utm_campaign' then firsts.utm_campaign
                    else firsts.utm_source || ' ' || firsts.utm_medium
                end
            end

),

final as (

    select
        firsts.device,
        coalesce(matches.channel_id, 'unassigned') as channel_id,
        {{ campaign_key('firsts.utm_campaign') }} as campaign,
        coalesce(
            registrations.registered_at >= firsts.activated_at
            and registrations.registered_date
            <= firsts.activated_date + {{ var('registration_days') }},
            false
        ) as is_registered_in_time,
        firsts.activated_date,
        firsts.activated_at
    from firsts
    left join matches
        on firsts.device = matches.device and matches.match_no = 1
    left join registrations
        on firsts.person_id = registrations.person_id

)

select * from final
