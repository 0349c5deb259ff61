with

days as (

    {{ date_spine(
        "date '2000-01-01'",
        "cast(date_trunc('year', " ~ param('as_of') ~ ") + interval '2 years' as date)"
    ) }}

),

holidays as (

    select * from {{ ref('holidays') }}

),

final as (

    select
        days.date,
        cast({{ iso_year('days.date') }} as integer) as iso_year,
        cast(weekofyear(days.date) as integer) as iso_week,
        cast(date_trunc('week', days.date) as date) as week_start,
        cast(date_trunc('month', days.date) as date) as month_start,
        coalesce(holidays.is_workday, {{ iso_weekday('days.date') }} <= 5) as is_workday,
        coalesce(not holidays.is_workday, false) as is_holiday,
    from days
    left join holidays
        on days.date = holidays.date

)

select * from final
