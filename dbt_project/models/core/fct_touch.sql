with

touches as (

    select * from {{ ref('stg_touch') }}

),

tasks as (

    select * from {{ ref('stg_touch_task') }}

),

events as (

    select * from {{ ref('stg_touch_event') }}

),

customers as (

    select * from {{ ref('int_customer_uids__identified') }}

),

forms as (

    select * from {{ ref('fct_touchpoint') }}
    where kind = 'form'

),

orders as (

    select * from {{ ref('fct_order') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

identified as (

    select
        touches.*,
        coalesce(by_uid.person_id, by_key.person_id) as person_id,
        coalesce(by_uid.person_id, by_key.person_id, touches.customer_uid, touches.person_key)
            as customer_key,
        touches.sent_at + interval '{{ var("outcome_days") }} days' as outcome_ends_at,
    from touches
    left join customers as by_uid
        on touches.customer_uid = by_uid.customer_uid
    left join customers as by_key
        on touches.person_key = by_key.customer_uid

),

-- Nothing happens to a touch before it is sent: what two clocks make of it counts as at sending,
-- what lies further back belongs to another touch of the same id.
happened as (

    select
        touches.touch_id,
        events.kind,
        min(greatest(events.ts, touches.sent_at)) as first_at,
    from events
    inner join touches
        on events.touch_id = touches.touch_id
    where events.ts >= touches.sent_at - interval '{{ var("clock_skew_min") }} minutes'
    group by touches.touch_id, events.kind

),

steps as (

    select
        touch_id,
        min(case when kind = 'delivered' then first_at end) as delivered_at,
        min(case when kind = 'opened' then first_at end) as opened_at,
        min(case when kind = 'clicked' then first_at end) as clicked_at,
        min(case when kind = 'replied' then first_at end) as replied_at,
        min(case when kind = 'negative' then first_at end) as negative_at,
        min(case when kind = 'optout' then first_at end) as opted_out_at,
    from happened
    group by touch_id

),

conversions as (

    select
        person_id as customer_key,
        touched_at as converted_at,
        'form' as kind,
    from forms

    union all

    select
        customer_key,
        ordered_at as converted_at,
        'order' as kind,
    from orders

    union all

    select
        person_id as customer_key,
        created_at as converted_at,
        'opportunity' as kind,
    from opportunities

),

converted as (

    select
        identified.touch_id,
        min(conversions.converted_at) as converted_at,
        min_by(conversions.kind, (conversions.converted_at, conversions.kind)) as conversion_kind,
    from identified
    inner join conversions
        on
            identified.customer_key = conversions.customer_key
            and conversions.converted_at > identified.sent_at
            and conversions.converted_at <= identified.outcome_ends_at
    group by identified.touch_id

),

-- A later step implies the earlier ones (E15): an open without a delivery receipt was delivered.
reached as (

    select
        identified.*,
        steps.delivered_at,
        steps.opened_at,
        steps.clicked_at,
        steps.replied_at,
        steps.negative_at,
        steps.opted_out_at,
        converted.converted_at,
        converted.conversion_kind,
        case
            when converted.converted_at is not null then 5
            when steps.replied_at is not null then 4
            when steps.clicked_at is not null then 3
            when steps.opened_at is not null then 2
            when steps.delivered_at is not null then 1
            else 0
        end as step,
        least(
            steps.opened_at,
            steps.clicked_at,
            steps.replied_at,
            steps.negative_at,
            steps.opted_out_at,
            converted.converted_at
        ) as outcome_at,
    from identified
    left join steps
        on identified.touch_id = steps.touch_id
    left join converted
        on identified.touch_id = converted.touch_id

),

final as (

    select
        reached.touch_id,
        reached.task_id,
        tasks.kind as task_kind,
        tasks.segment,
        reached.experiment_id,
        reached.variant,
        reached.channel,
        reached.staff_id,
        reached.customer_uid,
        reached.person_id,
        reached.sent_at,
        reached.business_date as sent_date,
        reached.material_id,
        reached.tone,
        reached.send_slot,
        reached.delivered_at,
        reached.opened_at,
        reached.clicked_at,
        reached.replied_at,
        reached.negative_at,
        reached.opted_out_at,
        reached.converted_at,
        reached.conversion_kind,
        reached.step >= 1 as is_delivered,
        reached.step >= 2 as is_opened,
        reached.step >= 3 as is_clicked,
        reached.step >= 4 as is_replied,
        reached.step >= 5 as is_converted,
        coalesce(reached.outcome_at <= reached.outcome_ends_at, false) as has_outcome,
    from reached
    left join tasks
        on reached.task_id = tasks.task_id

)

select * from final
