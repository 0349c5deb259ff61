-- Salesforce keeps the day of closing, not the instant; no opportunity closes before it is created.
with found as (
    select
        *,
        lower(cast(type as varchar)) as kind,
        cast(close_date as date) as close_day,
        cast(is_closed as boolean) as closed,
        case
            when cast(is_won as boolean) then 'won'
            when cast(is_closed as boolean) then 'lost'
            when cast(probability as double) < 25 then 'discovery'
            when cast(probability as double) < 65 then 'demo'
            when cast(probability as double) < 85 then 'proposal'
            when probability is not null then 'negotiation'
        end as stage
    from opportunity
)

select
    found._file,
    found._row,
    found.id as opportunity_id,
    found.account_id,
    case
        when found.kind like '%renew%' then 'renewal'
        when found.kind like '%cross%' then 'cross_sell'
        when found.kind like 'existing%' or found.kind like '%upgrade%' then 'expansion'
        else 'new'
    end as type,
    constants.business_line,
    found.created_date as created_at,
    found.created_date as accepted_at,
    found.stage,
    found.amount,
    constants.currency,
    found.close_day as expected_close,
    case
        when found.closed
            then greatest(found.created_date, cast(found.close_day as timestamp))
    end as closed_at,
    case when found.closed then found.stage = 'won' end as is_won,
    found.owner_id,
    found._fivetran_synced as updated_at,
    found.is_deleted,
from found
cross join constants
