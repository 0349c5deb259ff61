with

history as (

    select * from {{ ref('stg_opp_stage_history') }}

),

final as (

    select
        opportunity_id,
        stage,
        entered_at,
        exited_at,
        cast(
            row_number() over (partition by opportunity_id order by entered_at, stage) as bigint
        ) as entry_no,
        stage in ('won', 'lost') as is_terminal,
    from history

)

select * from final
