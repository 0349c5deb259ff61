with

experiments as (

    select * from {{ ref('stg_experiment') }}

),

final as (

    select
        experiment_id,
        unit,
        arms,
        split_part(split_part(arms, ',', 1), '=', 1) as control_arm,
        cast(length(arms) - length(replace(arms, ',', '')) + 1 as bigint) as arm_count,
        planned_n,
        primary_metric,
        start_at,
        end_at,
        {{ business_date('start_at') }} as start_date,
        {{ business_date('end_at') }} as end_date,
        start_at < {{ param('as_of_end') }}
        and coalesce(end_at >= {{ param('as_of_end') }}, true) as is_running,
    from experiments

)

select * from final
