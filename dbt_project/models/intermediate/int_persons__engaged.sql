-- What a person did on the site and in the product up to as_of, in the windows that L20, L21 and
-- L30 look at. A demo use is a core-feature event: there is no product apart from the trial.
with

identities as (

    select * from {{ ref('map_identity') }}

),

pageviews as (

    select * from {{ ref('fct_pageview') }}
    where not is_bot and not is_internal and business_date <= {{ param('as_of') }}

),

sessions as (

    select * from {{ ref('fct_web_session') }}
    where
        person_id is not null
        and session_date between {{ param('as_of') }} - 29 and {{ param('as_of') }}

),

business_events as (

    select * from {{ ref('fct_business_event') }}
    where business_date <= {{ param('as_of') }} and is_counted

),

page_actions as (

    select
        identities.person_id,
        pageviews.business_date as action_date,
        coalesce(pageviews.module, pageviews.url_path) as content,
        true as is_active,
        true as is_page,
        false as is_demo,
        coalesce(
            pageviews.module = 'pricing' or lower(pageviews.url_path) like '%price%'
            or lower(pageviews.url_path) like '%pricing%',
            false
        ) as is_pricing
    from pageviews
    inner join identities
        on
            identities.id_type = 'anonymous_id'
            and pageviews.anonymous_id = identities.id_value
            and {{ held_at('identities', 'pageviews.event_at') }}

),

event_actions as (

    select
        coalesce(by_login.person_id, by_cookie.person_id) as person_id,
        business_events.business_date as action_date,
        business_events.module as content,
        business_events.is_active,
        false as is_page,
        business_events.is_core_feature as is_demo,
        false as is_pricing
    from business_events
    left join identities as by_login
        on by_login.id_type = 'login_id' and business_events.login_id = by_login.id_value
    left join identities as by_cookie
        on
            by_cookie.id_type = 'anonymous_id'
            and business_events.anonymous_id = by_cookie.id_value
            and {{ held_at('by_cookie', 'business_events.event_at') }}

),

actions as (

    select * from page_actions
    union all
    select * from event_actions where person_id is not null

),

sums as (

    select
        person_id,
        bool_or(is_page) as has_pageview,
        {{ days_between('max(case when is_active then action_date end)', param('as_of')) }}
            as days_since_active,
        count(
            distinct case
                when is_active and action_date > {{ param('as_of') }} - 14 then action_date
            end
        ) as active_days_14d,
        count(case when is_pricing and action_date > {{ param('as_of') }} - 7 then 1 end)
            as pricing_views_7d,
        count(case when is_pricing and action_date > {{ param('as_of') }} - 14 then 1 end)
            as pricing_views_14d,
        count(case when is_demo and action_date > {{ param('as_of') }} - 30 then 1 end)
            as demo_uses_30d,
        count(distinct case when action_date > {{ param('as_of') }} - 30 then content end)
            as contents_30d
    from actions
    group by all

),

visits as (

    select
        person_id,
        count(*) as visits_30d
    from sessions
    group by all

),

final as (

    select
        sums.person_id,
        sums.has_pageview,
        sums.days_since_active,
        sums.active_days_14d,
        sums.pricing_views_7d,
        sums.pricing_views_14d,
        sums.demo_uses_30d,
        sums.contents_30d,
        coalesce(visits.visits_30d, 0) as visits_30d
    from sums
    left join visits
        on sums.person_id = visits.person_id

)

select * from final
