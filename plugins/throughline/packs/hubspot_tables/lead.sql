with first_deals as (
    select cast(contact_id as varchar) as contact_id, min(cast(deal_id as varchar)) as deal_id
    from deal_contact
    group by all
)

select
    contact._file,
    contact._row,
    contact.id as lead_id,
    contact.property_createdate as created_at,
    'hubspot' as source_system,
    concat_ws(
        ' ', nullif(contact.property_firstname, ''), nullif(contact.property_lastname, '')
    ) as name,
    contact.property_email as email,
    contact.property_company as company_name,
    contact.property_jobtitle as title,
    case when first_deals.deal_id is null then 'new' else 'converted' end as status,
    first_deals.deal_id as converted_opportunity_id,
    contact._fivetran_synced as updated_at,
    contact._fivetran_deleted as is_deleted,
from contact
left join first_deals on first_deals.contact_id = cast(contact.id as varchar)
