-- Salesforce writes a row for each change of stage, amount, probability or closing day; a stay in a
-- stage is its rows in a row, and ends when the next stage is entered.
with ways as (
    select
        record->>'ApiName' as name,
        case
            when (record->>'IsWon') = 'true' then 'won'
            when (record->>'IsClosed') = 'true' then 'lost'
            when cast(record->>'DefaultProbability' as double) < 25 then 'discovery'
            when cast(record->>'DefaultProbability' as double) < 65 then 'demo'
            when cast(record->>'DefaultProbability' as double) < 85 then 'proposal'
            else 'negotiation'
        end as stage
    from stages
),

changes as (
    select
        stage_changes._file,
        stage_changes._row,
        record->>'Id' as id,
        record->>'OpportunityId' as opportunity_id,
        try_cast(record->>'CreatedDate' as timestamptz) as entered_at,
        coalesce(ways.stage, record->>'StageName') as stage,
        record->>'CreatedById' as changed_by,
        record->>'IsDeleted' as is_deleted
    from stage_changes
    left join ways on ways.name = (stage_changes.record->>'StageName')
    qualify row_number() over (partition by opportunity_id, entered_at order by id desc) = 1
),

entries as (
    select *
    from changes
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
    changed_by as "by",
    entered_at as created_at,
    is_deleted,
from entries
