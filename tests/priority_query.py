"""Leads by class on the day of T11, and what became of them (L16 to L19), from the core tables."""

CLASSES = """
with status as (
    select lead_id, arg_max(status, changed_at) as status
    from staging.stg_lead_status_history
    where (changed_at at time zone 'Asia/Shanghai')::date <= $as_of
    group by all
),
leads as (
    select leads.lead_id, leads.person_id
    from core.fct_lead as leads inner join status on leads.lead_id = status.lead_id
    where leads.is_kept and leads.created_date <= $as_of
        and status.status not in ('converted', 'invalid', 'recycled')
),
people as (
    select identities.person_id, identities.id_value as login_id
    from core.map_identity as identities where identities.id_type = 'login_id'
),
logins as (
    select people.person_id, events.business_date,
        events.business_date - lag(events.business_date) over (
            partition by people.person_id order by events.event_at
        ) as silent_days
    from core.fct_business_event as events inner join people on events.login_id = people.login_id
    where events.is_login and events.business_date <= $as_of
),
seen as (
    select person_id, $as_of - max(business_date) as days_since_login,
        coalesce(bool_or(silent_days >= 14 and business_date >= $as_of - 2), false)
            as is_reawakened
    from logins group by all
),
uses as (
    select people.person_id, count(*) as uses_14d,
        count(*) filter (events.business_date > $as_of - 7) as uses_7d
    from intermediate.int_virtual_event as events
    inner join people on events.login_id = people.login_id
    where events.virtual_event = 'core_features' and events.is_counted
        and events.business_date > $as_of - 14 and events.business_date <= $as_of
    group by all
),
known as (
    select leads.lead_id, seen.days_since_login, coalesce(seen.is_reawakened, false)
        as is_reawakened, uses.uses_14d,
        (uses.uses_7d + 1) / (uses.uses_14d - uses.uses_7d + 1) as trend,
        quantile_cont(uses.uses_14d, 0.75) over () as high
    from leads
    left join seen on leads.person_id = seen.person_id
    left join uses on leads.person_id = uses.person_id
),
classed as (
    select lead_id,
        case when is_reawakened then 'P0'
            when uses_14d >= high and trend >= 1 then 'P1'
            when days_since_login <= 3 then 'P2'
            when days_since_login <= 13 then 'P3'
            else 'P4' end as class
    from known
)
select classed.class, count(*), count(*) filter (deals.is_won), count(*) filter (not deals.is_won)
from classed
left join core.fct_opportunity as deals
    on classed.lead_id = deals.lead_id and deals.created_date > $as_of
where starts_with(classed.lead_id, 'L-q')
group by all
"""
"""Planted leads of each class among all open leads of a day, won and lost since."""
