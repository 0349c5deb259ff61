-- Salesforce keeps the day of closing, not the instant; no opportunity closes before it is created.
with ways as (
    select
        record->>'ApiName' as name,
        case
            when cast(record->>'DefaultProbability' as double) < 25 then 'discovery'
            when cast(record->>'DefaultProbability' as double) < 65 then 'demo'
            when cast(record->>'DefaultProbability' as double) < 85 then 'proposal'
            else 'negotiation'
        end as stage
    from stages
),

found as (
    select
        opportunities._file,
        opportunities._row,
        record,
        lower(record->>'Type') as kind,
        (record->>'IsClosed') = 'true' as is_closed,
        try_cast(record->>'CreatedDate' as timestamptz) as created_at,
        try_cast(record->>'CloseDate' as date) as close_date,
        case
            when (record->>'IsWon') = 'true' then 'won'
            when (record->>'IsClosed') = 'true' then 'lost'
            else coalesce(ways.stage, record->>'StageName')
        end as stage
    from opportunities
    left join ways on ways.name = (opportunities.record->>'StageName')
)

select
    found._file,
    found._row,
    found.record->>'Id' as opportunity_id,
    found.record->>'AccountId' as account_id,
    case
        when found.kind like '%renew%' then 'renewal'
        when found.kind like '%cross%' then 'cross_sell'
        when found.kind like 'existing%' or found.kind like '%upgrade%' then 'expansion'
        else 'new'
    end as type,
    constants.business_line,
    found.created_at,
    found.created_at as accepted_at,
    found.stage,
    found.record->>'Amount' as amount,
    coalesce(found.record->>'CurrencyIsoCode', constants.currency) as currency,
    found.close_date as expected_close,
    case
        when found.is_closed
            then greatest(found.created_at, cast(found.close_date as timestamptz))
    end as closed_at,
    case when found.is_closed then found.stage = 'won' end as is_won,
    found.record->>'OwnerId' as owner_id,
    found.record->>'ContactId' as primary_contact_id,
    found.record->>'SystemModstamp' as updated_at,
    found.record->>'IsDeleted' as is_deleted,
from found
cross join constants
