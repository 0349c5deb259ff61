with

requests as (

    select * from {{ ref('int_api_requests__mapped') }}
    where
        business_date between {{ param('as_of') }} - 29 and {{ param('as_of') }}
        and not is_bot
        and not is_internal

),

totals as (

    select count(*) as requests from requests

),

routes as (

    select
        method,
        route,
        count(*) as requests,
        min(business_date) as first_date,
        max(business_date) as last_date,
    from requests
    where endpoint_id = 'UNMAPPED'
    group by method, route

),

ranked as (

    select
        *,
        row_number() over (order by requests desc, method, route) as route_no,
    from routes

),

listed as (

    select
        case when route_no <= 1000 then method else '(other)' end as method,
        case when route_no <= 1000 then route else '(other)' end as route,
        requests,
        first_date,
        last_date,
    from ranked

),

final as (

    select
        {{ param('run_id') }} as run_id,
        listed.method,
        listed.route,
        cast(sum(listed.requests) as bigint) as requests,
        {{ safe_div('sum(listed.requests)', 'max(totals.requests)') }} as request_share,
        min(listed.first_date) as first_date,
        max(listed.last_date) as last_date,
    from listed
    cross join totals
    group by listed.method, listed.route

)

select * from final
