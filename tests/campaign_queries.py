"""What the built tables say of the campaigns planted in the demo (T3, T10, T13, T14, T23, T24)."""

EVENT_RETURNS = """
with bought as (
    select distinct contracts.contract_id, contracts.amount, touches.touch_id, touches.kind,
        split_part(touches.source_id, '|', 1) as event_id
    from core.fct_contract as contracts
    inner join core.bridge_person_company as members
        on contracts.company_id = members.company_id
    inner join core.fct_touchpoint as touches on members.person_id = touches.person_id
    where contracts.is_first_paid and touches.touch_date
        between contracts.signed_date - 90 and contracts.signed_date
),
credits as (
    select *, amount / count(*) over (partition by contract_id) as credit from bought
),
costs as (
    select event_id, sum(amount) as cost from staging.stg_mkt_event_cost group by all
)
select costs.event_id, sum(credits.credit) / any_value(costs.cost) - 1
from credits inner join costs on credits.event_id = costs.event_id and credits.kind = 'event'
where costs.event_id in ('mkt-summit', 'mkt-roadshow')
group by all
"""
"""What each of the two events returned, credit in equal parts over all touches of a company."""

SEARCHERS = """
with asked as (
    select anonymous_id, min(event_at) as asked_at,
        case when regexp_matches(term, '价格|报价|多少钱') then 'price'
            when regexp_matches(term, '怎么|教程|如何') then 'how_to' end as intent
    from staging.stg_search_term where source = 'site' group by all
)
select asked.intent, count(distinct asked.anonymous_id),
    count(distinct case when leads.created_at > asked.asked_at then asked.anonymous_id end)
from asked
inner join core.map_identity as identities
    on identities.id_type = 'anonymous_id' and asked.anonymous_id = identities.id_value
left join core.fct_lead as leads on identities.person_id = leads.person_id
group by all
"""
"""Searchers on the site by what their words ask for, and those who became leads."""

TASKS = """
select staff_id, count(*), count(*) filter (done_at <= due_at)
from staging.stg_staff_task where type = 'share' group by all
"""
"""Tasks of each member of staff, and those done in time."""

READERS = """
select links.staff_id, count(distinct views.anonymous_id), count(distinct forms.anonymous_id)
from core.fct_content_event as views
inner join core.dim_utm_link as links on views.share_id = links.short_code and links.is_current
left join staging.stg_form_submit as forms
    on views.anonymous_id = forms.anonymous_id
    and forms.event_at between views.event_at and views.event_at + interval '24 hours'
where views.kind = 'view'
group by all
"""
"""Readers of what each member of staff shared, and those who left a form within the day."""

PATHS = """
select attribution_model, channel_id, count(*)
from intermediate.int_conversions__attributed
where conversion_type = 'first_accepted_opportunity' and conversion_id like 'opp-m%'
group by all
"""
"""First and last touch of the companies that were planted."""

SHARES = """
select attribution_model,
    sum(credited_opportunities) filter (channel = 'seo') / sum(credited_opportunities)
from acquisition.channel_roi where attribution_model in ('first', 'last') group by all
"""
"""Share of organic search in all first opportunities, by first and by last touch."""

REACHED = """
select device, url_path, count(distinct anonymous_id)
from core.fct_pageview where site_id = 'h5' and url_path in (
    select unnest(?)
) group by all
"""
"""Visitors of each device on each page of the way."""

LOST_TO = """
with seen as (
    select *, lead(url_path) over (partition by anonymous_id order by event_at) as next_path
    from core.fct_pageview where site_id = 'h5' and device = 'mobile'
)
select next_path, count(*) from seen
where url_path = ? and next_path is distinct from ?
group by all order by 2 desc, 1 nulls last
"""
"""Where visitors on the phone went from one page who did not go to the next."""

MATURITY = """
with named as (
    select person_id from core.bridge_person_company
    union
    select person_id from core.fct_lead where person_id is not null
),
views as (
    select offices.domain, identities.person_id, views.event_at,
        views.module in ('pricing', 'case') as is_priced, named.person_id is not null as is_named
    from core.fct_pageview as views
    inner join staging.stg_ip_company as offices
        on views.ip_hash = offices.ip_hash and offices.kind = 'office'
        and views.business_date between offices.valid_from
        and coalesce(offices.valid_to, date '9999-12-31')
    inner join core.map_identity as identities
        on identities.id_type = 'anonymous_id' and views.anonymous_id = identities.id_value
    left join named on identities.person_id = named.person_id
    where not views.is_bot and not views.is_internal
),
months as (
    select ends.domain, ends.event_at, count(distinct views.person_id) as visitors,
        bool_or(views.is_priced) as is_priced, bool_or(views.is_named) as is_named
    from views as ends
    inner join views on ends.domain = views.domain
        and views.event_at between ends.event_at - interval '30 days' and ends.event_at
    group by all
),
companies as (
    select domain, max(event_at) as last_at,
        case when bool_or(visitors >= 3 and is_priced) then 'late'
            when max(visitors) >= 2 then 'mid' else 'early' end as maturity
    from months group by all having not bool_or(is_named)
),
opened as (
    select known.domain, min(opportunities.created_at) as opened_at
    from core.fct_opportunity as opportunities
    inner join core.dim_company as known on opportunities.company_id = known.company_id
    group by all
)
select companies.maturity, count(*), count(*) filter (opened.opened_at > companies.last_at)
from companies left join opened on companies.domain = opened.domain
group by all
"""
"""Companies that only their office's address tells, by how mature their visits of thirty days are
(lead: L14), and those with an opportunity afterwards."""

UNCREDITED = """
select count(distinct conversion_id), channel_id
from intermediate.int_conversions__attributed where conversion_id like 'opp-o%'
group by all
"""
"""Who gets the credit for their opportunities: nobody, as nobody is known there."""
