with

messages as (

    select * from {{ ref('stg_scrm_message') }}
    where
        direction = 'in'
        and not coalesce(is_system, false)

),

touches as (

    select * from {{ ref('stg_touch') }}
    where customer_uid is not null

),

clicks as (

    select * from {{ ref('stg_touch_event') }}
    where kind = 'clicked'

),

friends as (

    select * from {{ ref('stg_scrm_friend') }}

),

forms as (

    select * from {{ ref('fct_touchpoint') }}
    where kind = 'form'

),

customers as (

    select * from {{ ref('int_customer_uids__identified') }}

),

spaced as (

    select
        *,
        lag(event_at) over (
            partition by staff_id, customer_uid order by event_at, msg_id
        ) as before_at,
    from messages

),

numbered as (

    select
        *,
        sum(
            case
                when
                    {{ seconds_between('before_at', 'event_at') }} <= 60 * {{ var('episode_min') }}
                    then 0
                else 1
            end
        ) over (
            partition by staff_id, customer_uid order by event_at, msg_id
            rows between unbounded preceding and current row
        ) as episode_no,
    from spaced

),

-- A form is left on the site, not with a staff member: it is of the private domain where the person
-- is somebody's friend at that moment.
friend_persons as (

    select
        friends.customer_uid,
        customers.person_id,
        friends.added_at,
        coalesce(friends.removed_at, timestamptz '9999-12-31') as ends_at,
    from friends
    inner join customers
        on friends.customer_uid = customers.customer_uid

),

interactions as (

    select
        'message' as kind,
        min_by(msg_id, (event_at, msg_id)) as source_id,
        staff_id,
        customer_uid,
        min(event_at) as started_at,
        max(event_at) as ended_at,
        count(*) as events,
    from numbered
    group by staff_id, customer_uid, episode_no

    union all

    select
        'click' as kind,
        touches.touch_id || ':' || cast(
            row_number() over (partition by touches.touch_id order by clicks.ts) as varchar
        ) as source_id,
        touches.staff_id,
        touches.customer_uid,
        clicks.ts as started_at,
        clicks.ts as ended_at,
        1 as events,
    from clicks
    inner join touches
        on clicks.touch_id = touches.touch_id

    union all

    select
        'form' as kind,
        forms.source_id,
        cast(null as varchar) as staff_id,
        min(friend_persons.customer_uid) as customer_uid,
        min(forms.touched_at) as started_at,
        min(forms.touched_at) as ended_at,
        1 as events,
    from forms
    inner join friend_persons
        on
            forms.person_id = friend_persons.person_id
            and forms.touched_at >= friend_persons.added_at
            and forms.touched_at < friend_persons.ends_at
    group by forms.source_id

),

final as (

    select
        {{ hash_id(['interactions.kind', 'interactions.source_id']) }} as interaction_id,
        interactions.kind,
        interactions.source_id,
        interactions.staff_id,
        interactions.customer_uid,
        customers.person_id,
        interactions.started_at,
        interactions.ended_at,
        {{ business_date('interactions.started_at') }} as interaction_date,
        interactions.events,
    from interactions
    left join customers
        on interactions.customer_uid = customers.customer_uid

)

select * from final
