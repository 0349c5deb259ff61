-- A10: the first registration of a person, in the product ($SignUp) or by a registration form; its
-- channel is the person's first touch with a known source. verified_at (L02) is set where the
-- person left a corporate e-mail address; no contract delivers a verified phone.
with

events as (

    select * from {{ ref('fct_business_event') }}
    where event = '$SignUp' and business_date <= {{ param('as_of') }}

),

forms as (

    select * from {{ ref('stg_form_submit') }}
    where event_at < {{ param('as_of_end') }}

),

leads as (

    select * from {{ ref('fct_lead') }}

),

lead_records as (

    select * from {{ ref('stg_lead') }}

),

identities as (

    select * from {{ ref('map_identity') }}

),

touchpoints as (

    select * from {{ ref('fct_touchpoint') }}
    where channel_id <> 'unassigned'

),

free_mail as (

    select * from {{ ref('free_mail_domains') }}

),

form_persons as (

    select
        forms.event_id,
        forms.type,
        forms.event_at,
        forms.email_domain,
        coalesce(by_phone.person_id, by_email.person_id, by_cookie.person_id) as person_id
    from forms
    left join identities as by_phone
        on by_phone.id_type = 'phone_hash' and forms.phone_hash = by_phone.id_value
    left join identities as by_email
        on by_email.id_type = 'email_hash' and forms.email_hash = by_email.id_value
    left join identities as by_cookie
        on
            by_cookie.id_type = 'anonymous_id'
            and forms.anonymous_id = by_cookie.id_value
            and {{ held_at('by_cookie', 'forms.event_at') }}

),

event_persons as (

    select
        events.event_id,
        events.event_at,
        coalesce(by_login.person_id, by_cookie.person_id) as person_id
    from events
    left join identities as by_login
        on by_login.id_type = 'login_id' and events.login_id = by_login.id_value
    left join identities as by_cookie
        on
            by_cookie.id_type = 'anonymous_id'
            and events.anonymous_id = by_cookie.id_value
            and {{ held_at('by_cookie', 'events.event_at') }}

),

registrations as (

    select person_id, event_at from form_persons where type = 'register'
    union all
    select person_id, event_at from event_persons

),

firsts as (

    select
        person_id,
        min(event_at) as registered_at
    from registrations
    where person_id is not null
    group by all

),

mail_domains as (

    select person_id, email_domain from form_persons
    union all
    select leads.person_id, lead_records.email_domain
    from leads
    inner join lead_records
        on leads.lead_id = lead_records.lead_id

),

corporate as (

    select distinct mail_domains.person_id
    from mail_domains
    left join free_mail
        on mail_domains.email_domain = free_mail.domain
    where mail_domains.email_domain is not null and free_mail.domain is null

),

ranked_touches as (

    select
        firsts.person_id,
        touchpoints.channel_id,
        touchpoints.campaign,
        row_number() over (
            partition by firsts.person_id order by touchpoints.touched_at, touchpoints.touch_rank, touchpoints.touch_id
        ) as touch_no
    from firsts
    inner join touchpoints
        on
            firsts.person_id = touchpoints.person_id
            and touchpoints.touched_at <= firsts.registered_at

),

final as (

    select
        firsts.person_id,
        coalesce(ranked_touches.channel_id, 'unassigned') as channel_id,
        {{ campaign_key('ranked_touches.campaign') }} as campaign,
        {{ business_date('firsts.registered_at') }} as registered_date,
        firsts.registered_at,
        case when corporate.person_id is not null then firsts.registered_at end as verified_at
    from firsts
    left join ranked_touches
        on firsts.person_id = ranked_touches.person_id and ranked_touches.touch_no = 1
    left join corporate
        on firsts.person_id = corporate.person_id

)

select * from final
