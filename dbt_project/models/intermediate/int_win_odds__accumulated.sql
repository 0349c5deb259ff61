-- One row per open stage, stage-age band and day: what became of the opportunities that were
-- closed in the win_history_months before that day and had passed through the band (E11).
with

entries as (

    select * from {{ ref('int_opportunity_stages__dated') }}

),

bands as (

    select * from (values (0, 0), (1, 8), (2, 31), (3, 61), (4, 91)) as band (age_band, from_days)

),

days as (

    select date as snapshot_date,
    from {{ ref('dim_date') }}
    where date between (select min(entered_date) from entries) and {{ param('as_of') }}

),

passages as (

    select distinct
        entries.opportunity_id,
        entries.stage,
        bands.age_band,
        entries.closed_date,
        entries.is_won,
    from entries
    inner join bands
        on {{ days_between('entries.entered_date', 'entries.exited_date') }} >= bands.from_days
    where entries.closed_date is not null

),

changes as (

    select stage, age_band, closed_date as snapshot_date, 1 as closed, cast(is_won as int) as won,
    from passages
    union all
    select
        stage,
        age_band,
        cast({{ dbt.dateadd('month', var('win_history_months'), 'closed_date') }} as date),
        -1,
        -cast(is_won as int),
    from passages

),

daily_changes as (

    select stage, age_band, snapshot_date, sum(closed) as closed, sum(won) as won,
    from changes
    group by all

),

cells as (

    select stages.stage, bands.age_band, days.snapshot_date,
    from (select distinct stage from entries) as stages
    cross join bands
    cross join days

),

final as (

    select
        cells.stage,
        cells.age_band,
        cells.snapshot_date,
        cast(sum(coalesce(daily_changes.won, 0)) over running as bigint) as won,
        cast(sum(coalesce(daily_changes.closed, 0)) over running as bigint) as closed,
    from cells
    left join daily_changes
        on cells.stage = daily_changes.stage
        and cells.age_band = daily_changes.age_band
        and cells.snapshot_date = daily_changes.snapshot_date
    window running as (
        partition by cells.stage, cells.age_band order by cells.snapshot_date
        rows between unbounded preceding and current row
    )

)

select * from final
