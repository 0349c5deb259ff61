-- One row per entry of an opportunity into an open stage, as known at the end of as_of.
with

opportunities as (

    select
        *,
        case when closed_at < {{ param('as_of_end') }} then closed_at end as known_closed_at,
    from {{ ref('fct_opportunity') }}
    where created_at < {{ param('as_of_end') }}

),

entries as (

    select
        *,
        case when exited_at < {{ param('as_of_end') }} then exited_at end as known_exited_at,
        lead(entered_at) over (
            partition by opportunity_id order by entered_at, entry_no
        ) as next_entered_at,
    from {{ ref('fct_opportunity_stage') }}
    where entered_at < {{ param('as_of_end') }}

),

open_stage_entries as (

    select
        entries.opportunity_id,
        opportunities.company_id,
        opportunities.business_line,
        coalesce(opportunities.owner_id, '(none)') as owner_id,
        entries.stage,
        entries.entry_no,
        coalesce(opportunities.amount, 0) as amount,
        opportunities.is_won,
        opportunities.known_closed_at,
        entries.entered_at,
        -- a source that forgets an exit still leaves the stage when it enters the next or closes
        greatest(entries.entered_at, coalesce(
            entries.known_exited_at, entries.next_entered_at, opportunities.known_closed_at
        )) as exited_at,
        coalesce(
            entries.known_exited_at, entries.next_entered_at, opportunities.known_closed_at
        ) is null as is_open,
    from entries
    inner join opportunities on entries.opportunity_id = opportunities.opportunity_id
    where not entries.is_terminal

),

final as (

    select
        opportunity_id,
        company_id,
        business_line,
        owner_id,
        stage,
        entry_no,
        amount,
        case when known_closed_at is not null then coalesce(is_won, false) end as is_won,
        {{ business_date('entered_at') }} as entered_date,
        case when not is_open then {{ business_date('exited_at') }} end as exited_date,
        {{ business_date('known_closed_at') }} as closed_date,
    from open_stage_entries

)

select * from final
