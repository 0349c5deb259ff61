-- A customer stands in the list once per staff member; the latest friendship tells name and title.
with listed as (
    select
        _file,
        _row,
        record->>'$.external_contact.external_userid' as external_userid,
        record->>'$.external_contact.name' as name,
        record->>'$.external_contact.position' as title,
        record->>'$.external_contact.unionid' as unionid,
        record->>'$.follow_info.remark_mobiles[0]' as phone,
        try_cast(record->>'$.follow_info.createtime' as bigint) as at_s
    from customers
    where (record->>'$.external_contact.external_userid') is not null
),

customers_once as (
    select
        *,
        max(nullif(unionid, '')) over (partition by external_userid) as known_unionid,
        max(nullif(phone, '')) over (partition by external_userid) as known_phone,
        min(at_s) over (partition by external_userid) as first_at,
        row_number() over (
            partition by external_userid order by at_s desc nulls last, _file desc, _row desc
        ) as place
    from listed
)

select
    _file,
    _row,
    external_userid as contact_id,
    name,
    known_phone as phone,
    title,
    known_unionid as wechat_unionid,
    to_timestamp(first_at) as created_at,
from customers_once
where place = 1 and (known_unionid is not null or known_phone is not null)
