-- One row per subject, cycle and stage (K01): the stages that were open one after another, the
-- ones that were satisfied too late to open (of zero length), and the churn that ends a cycle.
-- A cycle after the first opens at the stage of the return; stages above it are satisfied anew,
-- stages below only where they never were. While churned nothing opens but the return.
with

entries as (

    select * from {{ ref('int_journey_entries__collected') }}

),

cycles as (

    select * from {{ ref('int_journey_cycles__bounded') }}

),

retentions as (

    select * from {{ ref('int_journey_weeks__retained') }}

),

satisfied as (

    select
        cycles.subject_no,
        cycles.cycle,
        entries.stage_no,
        entries.entered_at,
        entries.source_event,
        entries.source_rank,
        coalesce(entries.entered_at >= cycles.churned_at, false) as is_while_churned,
    from entries
    inner join cycles
        on
            entries.subject_type = cycles.subject_type
            and entries.subject = cycles.subject
            and (cycles.opened_at is null or entries.entered_at >= cycles.opened_at)
            and (cycles.returned_at is null or entries.entered_at < cycles.returned_at)

    union all

    select
        subject_no,
        cycle,
        case subject_type when 'company' then 6 else 4 end as stage_no,
        opened_at as entered_at,
        case subject_type when 'company' then 'subscription_return' else 'active_return' end
            as source_event,
        0 as source_rank,
        false as is_while_churned,
    from cycles
    where opened_at is not null

    union all

    select
        subject_no,
        cycle,
        7 as stage_no,
        retained_at as entered_at,
        'active_weeks' as source_event,
        1 as source_rank,
        false as is_while_churned,
    from retentions

),

numbered as (

    select
        *,
        first_value(cycle) over by_stage as first_cycle,
        row_number() over by_stage = 1 as is_first_ever,
        lag(cycle) over by_stage is distinct from cycle as is_first_in_cycle,
    from satisfied
    window by_stage as (
        partition by subject_no, stage_no order by entered_at, source_rank
    )

),

-- Stages 4 and 5 are steps of the same height: of the two the later one is open.
steps as (

    select
        numbered.subject_no,
        numbered.cycle,
        numbered.stage_no,
        case when numbered.stage_no > 4 then numbered.stage_no - 1 else numbered.stage_no end
            as height,
        numbered.entered_at,
        numbered.source_event,
        numbered.is_while_churned,
        numbered.first_cycle < numbered.cycle as is_reentered,
        numbered.source_rank = 0 as is_reawakened,
        cycles.subject_type,
        cycles.subject,
        cycles.churned_at,
    from numbered
    inner join cycles
        on numbered.subject_no = cycles.subject_no and numbered.cycle = cycles.cycle
    where
        numbered.is_first_ever
        or (
            numbered.is_first_in_cycle
            and not numbered.is_while_churned
            and (
                numbered.source_rank = 0
                or numbered.stage_no > case cycles.subject_type when 'company' then 6 else 4 end
            )
        )

),

climbed as (

    select
        *,
        coalesce(max(case when not is_while_churned then height end) over (
            partition by subject_no, cycle
            order by entered_at, is_reawakened desc, stage_no
            rows between unbounded preceding and 1 preceding
        ), 0) as height_before,
    from steps

),

judged as (

    select
        *,
        is_while_churned or height < height_before as is_backward,
    from climbed

),

opened as (

    select
        *,
        lead(entered_at) over (
            partition by subject_no, cycle, is_backward
            order by entered_at, is_reawakened desc, stage_no
        ) as next_entered_at,
    from judged

),

final as (

    select
        subject_type,
        subject,
        cycle,
        stage_no,
        entered_at,
        case
            when is_backward then entered_at
            else coalesce(next_entered_at, churned_at)
        end as exited_at,
        source_event,
        not is_backward and not is_reawakened and height > height_before + 1 as is_skipping,
        is_backward,
        is_reentered,
        is_reawakened,
        not is_backward and next_entered_at is null and churned_at is not null as is_churned,
    from opened

    union all

    select
        subject_type,
        subject,
        cycle,
        -1 as stage_no,
        churned_at as entered_at,
        returned_at as exited_at,
        case subject_type when 'company' then 'subscription_end' else 'inactivity' end
            as source_event,
        false as is_skipping,
        false as is_backward,
        cycle > 1 as is_reentered,
        false as is_reawakened,
        false as is_churned,
    from cycles
    where churned_at is not null

)

select * from final
