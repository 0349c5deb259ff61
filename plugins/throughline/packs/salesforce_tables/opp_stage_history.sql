-- Each row is a version of an opportunity; a stay in a stage is its versions in a row, and ends
-- when the next stage is entered.
with versions as (
    select
        _file,
        _row,
        cast(id as varchar) as opportunity_id,
        _fivetran_start as entered_at,
        case
            when cast(is_won as boolean) then 'won'
            when cast(is_closed as boolean) then 'lost'
            when cast(probability as double) < 25 then 'discovery'
            when cast(probability as double) < 65 then 'demo'
            when cast(probability as double) < 85 then 'proposal'
            when probability is not null then 'negotiation'
        end as stage,
        bool_or(cast(is_deleted as boolean) and cast(_fivetran_active as boolean)) over (
            partition by id
        ) as is_deleted
    from opportunity_history
),

entries as (
    select *
    from versions
    qualify
        lag(stage) over (partition by opportunity_id order by entered_at) is distinct from stage
)

select
    _file,
    _row,
    opportunity_id,
    entered_at,
    stage,
    lead(entered_at) over (partition by opportunity_id order by entered_at) as exited_at,
    entered_at as created_at,
    is_deleted,
from entries
