-- A friendship is a request that was accepted. A customer who added a member without being added
-- back yet (half) has asked; the friendship that follows is the answer.
with said as (
    select _file, _row, coalesce(record->'xml', record) as item from customers
),

told as (
    select
        _file,
        _row,
        coalesce(item->>'$.follow_info.userid', item->>'UserID') as userid,
        coalesce(
            item->>'$.external_contact.external_userid', item->>'ExternalUserID'
        ) as external_userid,
        nullif(item->>'$.external_contact.unionid', '') as unionid,
        coalesce(item->>'ChangeType', 'listed') as kind,
        item->>'$.follow_info.add_way' as add_way,
        nullif(coalesce(item->>'$.follow_info.state', item->>'State'), '') as state,
        try_cast(coalesce(item->>'$.follow_info.createtime', item->>'CreateTime') as bigint) as at_s
    from said
),

unionids as (
    select external_userid, max(unionid) as unionid from told group by external_userid
),

-- Two tellings of one friendship, as in scrm_friend: a request is told again by its answer.
steps as (
    select
        *,
        kind = 'add_half_external_contact' as is_half,
        lag(kind) over pair as kind_before,
        at_s - lag(at_s) over pair as seconds_since
    from told
    where kind in ('listed', 'add_external_contact', 'add_half_external_contact')
    window pair as (partition by userid, external_userid order by at_s, _file, _row)
),

numbered as (
    select
        *,
        sum(
            case
                when kind_before is null or seconds_since is null then 1
                when kind_before = 'add_half_external_contact' then 0
                when is_half or seconds_since > 600 then 1
                else 0
            end
        ) over (partition by userid, external_userid order by at_s, _file, _row) as request_no
    from steps
),

requests as (
    select
        *,
        min(at_s) over request as sent_at,
        min(at_s) filter (where not is_half) over request as accepted_at,
        max(add_way) over request as way,
        max(state) over request as channel,
        row_number() over (
            partition by userid, external_userid, request_no order by at_s, _file, _row
        ) as place
    from numbered
    window request as (partition by userid, external_userid, request_no)
)

select
    requests._file,
    requests._row,
    concat_ws(':', requests.userid, requests.external_userid, requests.sent_at) as request_id,
    coalesce(staff.owner_id, requests.userid) as staff_id,
    coalesce(unionids.unionid, requests.external_userid) as customer_uid,
    coalesce(add_ways.source, requests.way) as source,
    requests.channel as channel_id,
    case when requests.way = '1' then requests.channel end as qr_id,
    to_timestamp(requests.sent_at) as sent_at,
    to_timestamp(requests.accepted_at) as accepted_at,
from requests
left join unionids using (external_userid)
left join staff on requests.userid = staff.userid
left join add_ways on requests.way = add_ways.add_way::varchar
where requests.place = 1
