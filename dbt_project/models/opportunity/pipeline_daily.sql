with

entries as (

    select * from {{ ref('int_opportunity_stages__dated') }}

),

odds as (

    select * from {{ ref('int_win_odds__accumulated') }}

),

days as (

    select date as snapshot_date,
    from {{ ref('dim_date') }}
    where date between (select min(entered_date) from entries) and {{ param('as_of') }}

),

called_companies as (

    select distinct calls.company_id, days.snapshot_date,
    from {{ ref('fct_call') }} as calls
    inner join days
        on calls.call_date <= days.snapshot_date
        and calls.call_date > days.snapshot_date - {{ var('callback_coverage_days') }}
    where calls.direction = 'out' and calls.is_effective_connect

),

stage_exits as (

    select stage, exited_date as snapshot_date, {{ days_between('entered_date', 'exited_date') }} as stage_days,
    from entries
    where exited_date is not null
    union all
    select stages.stage, days.snapshot_date, cast(null as bigint),
    from (select distinct stage from entries) as stages
    cross join days

),

-- the median stage time of the exits of the last 365 days, for every day (E12)
stage_medians as (

    select distinct
        stage,
        snapshot_date,
        {{ moving_median('stage_days') }} over (
            partition by stage order by snapshot_date
            range between interval 364 day preceding and current row
        ) as median_days,
    from stage_exits

),

open_days as (

    select
        days.snapshot_date,
        entries.owner_id,
        entries.stage,
        entries.company_id,
        entries.amount,
        {{ days_between('entries.entered_date', 'days.snapshot_date') }} as stage_age_days,
        case
            when {{ days_between('entries.entered_date', 'days.snapshot_date') }} <= 7 then 0
            when {{ days_between('entries.entered_date', 'days.snapshot_date') }} <= 30 then 1
            when {{ days_between('entries.entered_date', 'days.snapshot_date') }} <= 60 then 2
            when {{ days_between('entries.entered_date', 'days.snapshot_date') }} <= 90 then 3
            else 4
        end as age_band,
    from entries
    inner join days
        on entries.entered_date <= days.snapshot_date
        and coalesce(entries.exited_date, date '9999-12-31') > days.snapshot_date

),

stock as (

    select
        open_days.snapshot_date,
        open_days.owner_id,
        open_days.stage,
        count(*) as open_count,
        sum(open_days.amount) as open_amount,
        sum(cast(
            open_days.amount * cast(odds.won + 1 as double) / (odds.closed + 2)
            as decimal(28, 8)
        )) as weighted_amount,
        count(*) filter (where open_days.stage_age_days > 2 * stage_medians.median_days)
            as stuck_count,
        count(called_companies.company_id) as covered,
        0 as entered,
        0 as exited,
    from open_days
    inner join odds
        on open_days.stage = odds.stage
        and open_days.age_band = odds.age_band
        and open_days.snapshot_date = odds.snapshot_date
    inner join stage_medians
        on open_days.stage = stage_medians.stage
        and open_days.snapshot_date = stage_medians.snapshot_date
    left join called_companies
        on open_days.company_id = called_companies.company_id
        and open_days.snapshot_date = called_companies.snapshot_date
    group by all

),

entrances as (

    select entered_date as snapshot_date, owner_id, stage, 0, 0, 0, 0, 0, count(*) as entered, 0,
    from entries
    group by all

),

exits as (

    select exited_date as snapshot_date, owner_id, stage, 0, 0, 0, 0, 0, 0, count(*) as exited,
    from entries
    where exited_date is not null
    group by all

),

movements as (

    select * from stock
    union all
    select * from entrances
    union all
    select * from exits

),

totals as (

    select
        snapshot_date,
        owner_id,
        stage,
        sum(open_count) as open_count,
        sum(open_amount) as open_amount,
        sum(weighted_amount) as weighted_amount,
        sum(stuck_count) as stuck_count,
        sum(covered) as covered,
        sum(entered) as entered,
        sum(exited) as exited,
    from movements
    group by all

),

final as (

    select
        totals.snapshot_date,
        totals.owner_id as owner,
        totals.stage,
        cast(totals.open_count as bigint) as open_count,
        cast(totals.open_amount as decimal(18, 2)) as open_amount,
        cast(totals.weighted_amount as decimal(18, 2)) as weighted_amount,
        cast(totals.entered as bigint) as entered,
        cast(totals.exited as bigint) as exited,
        stage_medians.median_days,
        -- without one exit in a year nothing says what is slow
        case
            when stage_medians.median_days is not null or totals.open_count = 0
                then cast(totals.stuck_count as bigint)
        end as stuck_count,
        {{ safe_div('totals.covered', 'totals.open_count') }} as callback_coverage,
        cast(totals.covered as bigint) as callback_coverage_num,
        cast(totals.open_count as bigint) as callback_coverage_den,
    from totals
    inner join stage_medians
        on totals.stage = stage_medians.stage
        and totals.snapshot_date = stage_medians.snapshot_date

)

select * from final
