with

entered as (

    select * from {{ ref('int_journey_stages__entered') }}

),

stages as (

    select * from {{ ref('stage_map') }}

),

final as (

    select
        entered.subject_type,
        entered.subject,
        stages.lifecycle_stage as stage,
        entered.entered_at,
        entered.exited_at,
        entered.source_event,
        cast(entered.cycle as integer) as cycle,
        entered.is_skipping,
        entered.is_backward,
        entered.is_reentered,
        entered.is_reawakened,
        entered.is_churned,
    from entered
    inner join stages
        on entered.stage_no = stages.stage_no

)

select * from final
