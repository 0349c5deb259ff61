with

user_days as (

    select * from {{ ref('fct_user_day') }}
    where business_date <= {{ param('as_of') }} and company_id is not null

),

active_days as (

    select * from {{ ref('int_active_days__resolved') }}
    where subject_type in ('company', 'employee') and active_events > 0

),

feature_days as (

    select distinct company_id, feature_id, business_date,
    from {{ ref('fct_business_event') }}
    where business_date <= {{ param('as_of') }}
        and company_id is not null and feature_id is not null and is_counted

),

accounts as (

    select * from {{ ref('int_employee_accounts__dated') }}

),

items as (

    select * from {{ ref('int_subscription_items__valued') }}
    where recurring

),

tenants as (

    select id_value, company_id from {{ ref('map_company') }} where id_type = 'tenant_id'

),

tenant_companies as (

    select distinct company_id from tenants

),

seat_reports as (

    select
        tenants.company_id,
        reports.date,
        sum(reports.opened_seats) as opened_seats,
        sum(reports.purchased_seats) as purchased_seats,
    from {{ ref('stg_company_account_daily') }} as reports
    inner join tenants on reports.company_id = tenants.id_value
    where reports.date <= {{ param('as_of') }}
    group by all

),

business_lines as (

    select business_line from {{ ref('dim_business_line') }}

),

-- distinct counts over 7 and 30 days: an occurrence counts from its day until the window is over
-- or the next one takes over, so running sums of +1 and -1 count each employee, line or feature once
employee_spans as (

    select
        company_id,
        business_date,
        coalesce(lead(business_date) over (
            partition by subject_no order by business_date
        ), date '9999-12-31') as next_date,
    from active_days
    where subject_type = 'employee' and business_line = 'ALL'

),

line_spans as (

    select
        active_days.company_id,
        active_days.business_date,
        coalesce(lead(active_days.business_date) over (
            partition by active_days.series_no
            order by active_days.business_date
        ), date '9999-12-31') as next_date,
    from active_days
    inner join business_lines on active_days.business_line = business_lines.business_line
    where active_days.subject_type = 'company'

),

feature_spans as (

    select
        company_id,
        business_date,
        coalesce(lead(business_date) over (
            partition by company_id, feature_id order by business_date
        ), date '9999-12-31') as next_date,
    from feature_days

),

active_accounts as (

    select accounts.company_id, active_days.business_date, count(*) as active_open,
    from accounts
    inner join active_days
        on accounts.company_id || '/' || accounts.employee_id = active_days.subject
        and active_days.subject_type = 'employee'
        and active_days.business_line = 'ALL'
        and active_days.business_date >= accounts.opened_date
        and active_days.business_date <= coalesce(accounts.last_open_date, date '9999-12-31')
    group by all

),

usage_days as (

    select
        company_id,
        business_date as date,
        sum(counted_events) as events,
        sum(core_events) as core_events,
        sum(cast(duration_seconds as decimal(18, 3))) as duration_seconds,
    from user_days
    group by all

),

changes as (

    select company_id, business_date as date, 'staff_7d' as measure, 1 as change,
    from employee_spans
    union all
    select company_id, least(business_date + 7, next_date), 'staff_7d', -1 from employee_spans
    union all
    select company_id, business_date, 'staff_30d', 1 from employee_spans
    union all
    select company_id, least(business_date + 30, next_date), 'staff_30d', -1 from employee_spans
    union all
    select company_id, business_date, 'lines', 1 from line_spans
    union all
    select company_id, least(business_date + 30, next_date), 'lines', -1 from line_spans
    union all
    select company_id, business_date, 'features', 1 from feature_spans
    union all
    select company_id, least(business_date + 30, next_date), 'features', -1 from feature_spans
    union all
    select company_id, opened_date, 'open_accounts', 1 from accounts
    union all
    select company_id, last_open_date + 1, 'open_accounts', -1 from accounts
    where last_open_date is not null
    union all
    select company_id, start_date, 'item_seats', seats from items
    union all
    select company_id, last_service_date + 1, 'item_seats', -seats from items
    -- what happens once on a day
    union all
    select company_id, business_date, 'staff', 1 from employee_spans
    union all
    select company_id, business_date, 'active_days', 1
    from active_days
    where subject_type = 'company' and business_line = 'ALL'

),

first_dates as (

    select company_id, min(date) as first_date,
    from (
        select company_id, date from usage_days
        union all
        select company_id, date from seat_reports
        union all
        select company_id, opened_date from accounts
    ) as seen
    group by all

),

-- what happened before a company's first day, like seats bought earlier, counts on that day;
-- sums of whole numbers as double are exact and a third of the time of those as hugeint
daily_changes as (

    select
        changes.company_id,
        greatest(changes.date, first_dates.first_date) as date,
        sum(cast(changes.change as double)) filter (where changes.measure = 'staff')
            as staff,
        sum(cast(changes.change as double)) filter (where changes.measure = 'staff_7d')
            as staff_7d,
        sum(cast(changes.change as double)) filter (where changes.measure = 'staff_30d')
            as staff_30d,
        sum(cast(changes.change as double)) filter (where changes.measure = 'lines')
            as lines,
        sum(cast(changes.change as double)) filter (where changes.measure = 'features')
            as features,
        sum(cast(changes.change as double)) filter (where changes.measure = 'active_days')
            as active_days,
        sum(cast(changes.change as double)) filter (where changes.measure = 'open_accounts')
            as open_accounts,
        sum(cast(changes.change as double)) filter (where changes.measure = 'item_seats')
            as item_seats,
    from changes
    inner join first_dates on changes.company_id = first_dates.company_id
    where changes.date <= {{ param('as_of') }}
    group by all

),

company_dates as (

    select first_dates.company_id, calendar.date,
    from first_dates
    inner join {{ ref('dim_date') }} as calendar
        on calendar.date between first_dates.first_date and {{ param('as_of') }}
    inner join tenant_companies on first_dates.company_id = tenant_companies.company_id

),

daily as (

    select
        company_dates.company_id,
        company_dates.date,
        coalesce(daily_changes.staff, 0) as active_staff,
        sum(daily_changes.staff_7d) over until_now as active_staff_7d,
        sum(daily_changes.staff_30d) over until_now as active_staff_30d,
        sum(daily_changes.active_days) over last_30_days as active_days_30d,
        sum(daily_changes.features) over until_now as features_used,
        sum(daily_changes.lines) over until_now as active_lines,
        sum(daily_changes.open_accounts) over until_now as open_accounts,
        sum(daily_changes.item_seats) over until_now as item_seats,
        sum(usage_days.duration_seconds) over last_30_days as duration_seconds_30d,
        coalesce(usage_days.events, 0) as events,
        coalesce(usage_days.core_events, 0) as core_events,
        coalesce(active_accounts.active_open, 0) as active_open,
        seat_reports.opened_seats,
        seat_reports.purchased_seats,
    from company_dates
    left join daily_changes
        on company_dates.company_id = daily_changes.company_id
        and company_dates.date = daily_changes.date
    left join usage_days
        on company_dates.company_id = usage_days.company_id
        and company_dates.date = usage_days.date
    left join active_accounts
        on company_dates.company_id = active_accounts.company_id
        and company_dates.date = active_accounts.business_date
    left join seat_reports
        on company_dates.company_id = seat_reports.company_id
        and company_dates.date = seat_reports.date
    window
        until_now as (
            partition by company_dates.company_id order by company_dates.date
            rows between unbounded preceding and current row
        ),
        last_30_days as (
            partition by company_dates.company_id order by company_dates.date
            rows between 29 preceding and current row
        )

),

counted as (

    select
        date,
        company_id,
        cast(active_staff as bigint) as active_staff,
        cast(coalesce(active_staff_7d, 0) as bigint) as active_staff_7d,
        cast(coalesce(active_staff_30d, 0) as bigint) as active_staff_30d,
        cast(coalesce(active_days_30d, 0) as bigint) as active_days_30d,
        cast(opened_seats as bigint) as opened_seats,
        -- the product's own report, else the seats of the recurring items in service that day
        cast(coalesce(purchased_seats, item_seats) as bigint) as purchased_seats,
        cast(active_open as bigint) as active_open,
        cast(coalesce(open_accounts, 0) as bigint) as open_accounts,
        cast(events as bigint) as events,
        cast(core_events as bigint) as core_events,
        cast(coalesce(features_used, 0) as bigint) as features_used,
        cast(coalesce(active_lines, 0) as bigint) as active_lines,
        (select count(*) from business_lines) as lines,
        cast(coalesce(duration_seconds_30d, 0) as double) / 3600 as usage_hours,
    from daily

),

final as (

    select
        date,
        company_id,
        active_staff,
        active_staff_7d,
        active_staff_30d,
        active_days_30d,
        opened_seats,
        purchased_seats,
        {{ safe_div('active_open', 'open_accounts') }} as online_staff_share,
        active_open as online_staff_share_num,
        open_accounts as online_staff_share_den,
        {{ safe_div('opened_seats', 'purchased_seats') }} as seat_open_rate,
        {{ safe_div('active_staff_30d', 'purchased_seats') }} as seat_use_rate,
        opened_seats > purchased_seats as is_over_deployed,
        events,
        core_events,
        features_used,
        active_lines,
        {{ safe_div('active_lines', 'lines') }} as line_breadth,
        active_lines as line_breadth_num,
        lines as line_breadth_den,
        usage_hours,
    from counted

)

select * from final
