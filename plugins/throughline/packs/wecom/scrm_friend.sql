-- A friendship is told by the list of customers, by a callback, or by both with instants that
-- nearly agree: within ten minutes they are one. It ends with the first deletion after it.
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
        item->>'Source' as source,
        try_cast(coalesce(item->>'$.follow_info.createtime', item->>'CreateTime') as bigint) as at_s
    from said
),

unionids as (
    select external_userid, max(unionid) as unionid from told group by external_userid
),

starts as (
    select
        *,
        coalesce(at_s - lag(at_s) over pair > 600, true) as is_new
    from told
    where kind in ('listed', 'add_external_contact')
    window pair as (partition by userid, external_userid order by at_s, _file, _row)
),

friendships as (
    select
        *,
        lead(at_s) over (partition by userid, external_userid order by at_s, _file, _row) as next_at
    from starts
    where is_new
),

ended as (
    select
        friendships._file,
        friendships._row,
        min(gone.at_s) as at_s,
        arg_min(
            case
                when gone.kind = 'del_follow_user' then 'customer'
                when gone.source = 'DELETE_BY_TRANSFER' then 'system'
                else 'staff'
            end,
            gone.at_s
        ) as by_whom
    from friendships
    inner join told as gone
        on friendships.userid = gone.userid
        and friendships.external_userid = gone.external_userid
        and gone.kind in ('del_external_contact', 'del_follow_user')
        and gone.at_s >= friendships.at_s
        and (friendships.next_at is null or gone.at_s < friendships.next_at)
    group by all
)

select
    friendships._file,
    friendships._row,
    coalesce(staff.owner_id, friendships.userid) as staff_id,
    coalesce(unionids.unionid, friendships.external_userid) as customer_uid,
    to_timestamp(friendships.at_s) as added_at,
    to_timestamp(ended.at_s) as removed_at,
    ended.by_whom as "by",
from friendships
left join unionids using (external_userid)
left join staff on friendships.userid = staff.userid
left join ended using (_file, _row)
