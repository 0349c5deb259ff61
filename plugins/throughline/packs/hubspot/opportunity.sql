with found as (
    select
        deals._file,
        deals._row,
        record->>'id' as id,
        record->'properties' as given,
        record->'associations' as linked,
        record->>'createdAt' as created_at,
        record->>'updatedAt' as updated_at,
        record->>'archived' as is_deleted,
        coalesce(stages.stage, record->>'$.properties.dealstage') as stage
    from deals
    left join stages on stages.dealstage = (deals.record->>'$.properties.dealstage')
)

select
    found._file,
    found._row,
    found.id as opportunity_id,
    found.linked->>'$.companies.results[0].id' as account_id,
    case found.given->>'dealtype' when 'existingbusiness' then 'expansion' else 'new' end as type,
    constants.business_line,
    found.created_at,
    found.created_at as accepted_at,
    found.stage,
    found.given->>'amount' as amount,
    coalesce(nullif(found.given->>'deal_currency_code', ''), constants.currency) as currency,
    cast(try_cast(found.given->>'closedate' as timestamptz) as date) as expected_close,
    case when found.stage in ('won', 'lost') then found.given->>'closedate' end as closed_at,
    case when found.stage in ('won', 'lost') then found.stage = 'won' end as is_won,
    case when found.stage = 'lost' then found.given->>'closed_lost_reason' end as lost_reason,
    found.given->>'hubspot_owner_id' as owner_id,
    found.linked->>'$.contacts.results[0].id' as primary_contact_id,
    found.linked->>'$.contacts.results[0].id' as lead_id,
    found.updated_at,
    found.is_deleted,
from found
cross join constants
