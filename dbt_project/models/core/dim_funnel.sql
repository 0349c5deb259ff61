with

funnels as (

    select * from {{ ref('funnels') }}

),

final as (

    select
        funnel,
        zh,
        subject_type,
        window_days,
        step_no,
        step,
        source_table,
        event_at,
        predicate,
        step_no = max(step_no) over (partition by funnel) as is_last,
    from funnels

)

select * from final
