-- One row per reason for which business events are left out (G8); a robot counts as one only.
with

flagged as (

    select * from {{ ref('int_app_events__flagged') }}

),

final as (

    select
        case when is_bot then 'is_bot' else 'is_internal' end as reason,
        count(*) as rows,
    from flagged
    group by all

)

select * from final
