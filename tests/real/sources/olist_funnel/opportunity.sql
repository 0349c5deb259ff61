-- The file holds won deals only, one per lead, without amounts.
select
    deals._file,
    deals._row,
    deals.mql_id as opportunity_id,
    deals.seller_id as account_id,
    'new' as type,
    'marketplace' as business_line,
    try_strptime(leads.first_contact_date, '%m/%d/%Y') + to_hours(constants.contact_hour)
        as created_at,
    'won' as stage,
    try_strptime(deals.won_date, '%m/%d/%Y %H:%M') as closed_at,
    true as is_won,
    deals.mql_id as lead_id,
from deals
cross join constants
left join leads on deals.mql_id = leads.mql_id
