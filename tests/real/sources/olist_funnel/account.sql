-- Names are anonymised in the file; the seller's id stands for one.
select
    _file,
    _row,
    seller_id as account_id,
    seller_id as name,
    business_segment as industry_l1,
    try_strptime(won_date, '%m/%d/%Y %H:%M') as created_at,
from deals
