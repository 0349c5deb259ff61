-- The paid contracts whose term has begun by as_of, with the person of their deal, and what they
-- are to their company: the first one, a renewal, or the first on a further business line. A
-- cancellation after as_of is not known yet.
with

contracts as (

    select
        *,
        {{ day_start('start_date') }} as started_at,
    from {{ ref('fct_contract') }}
    where
        start_date <= {{ param('as_of') }}
        and signed_date <= {{ param('as_of') }}
        and company_id is not null
        and (
            is_paid
            or (kind <> 'amend' and amount > 0 and cancelled_date > {{ param('as_of') }})
        )

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

parts as (

    select * from {{ ref('int_contracts__split') }}
    where business_line <> '(none)'

),

line_starts as (

    select
        contracts.company_id,
        parts.business_line,
        min(contracts.started_at) as started_at,
    from contracts
    inner join parts
        on contracts.contract_id = parts.contract_id
    group by contracts.company_id, parts.business_line

),

company_starts as (

    select
        company_id,
        min(started_at) as started_at,
    from contracts
    group by company_id

),

-- The contracts that bring a line which their company did not have on its first day.
crossings as (

    select distinct contracts.contract_id
    from contracts
    inner join parts
        on contracts.contract_id = parts.contract_id
    inner join line_starts
        on
            contracts.company_id = line_starts.company_id
            and parts.business_line = line_starts.business_line
            and contracts.started_at = line_starts.started_at
    inner join company_starts
        on
            contracts.company_id = company_starts.company_id
            and contracts.started_at > company_starts.started_at

),

final as (

    select
        contracts.contract_id,
        contracts.company_id,
        opportunities.person_id,
        contracts.started_at,
        contracts.kind = 'renewal' as is_renewal,
        crossings.contract_id is not null as is_cross_line,
    from contracts
    left join opportunities
        on contracts.opportunity_id = opportunities.opportunity_id
    left join crossings
        on contracts.contract_id = crossings.contract_id

)

select * from final
