-- One row per contract and business line of its items: the contract's amounts split over the
-- lines in proportion to the value of the items. An amendment without items takes those of the
-- contract that it amends; a contract without any goes to the line `(none)`. The line's part is
-- share_from to share_until of the whole.
with

contracts as (

    select * from {{ ref('fct_contract') }}

),

items as (

    select * from {{ ref('int_subscription_items__valued') }}

),

line_values as (

    select
        contract_id,
        business_line,
        sum(value) as line_value,
        sum(case when recurring then value else 0 end) as recurring_value,
    from items
    group by all

),

own_lines as (

    select
        contracts.contract_id,
        line_values.business_line,
        line_values.line_value,
        line_values.recurring_value,
    from contracts
    inner join line_values on contracts.contract_id = line_values.contract_id

),

inherited_lines as (

    select
        contracts.contract_id,
        line_values.business_line,
        line_values.line_value,
        line_values.recurring_value,
    from contracts
    inner join line_values on contracts.amends_contract_id = line_values.contract_id
    where contracts.contract_id not in (select own_lines.contract_id from own_lines)

),

contract_lines as (

    select * from own_lines
    union all
    select * from inherited_lines

),

shares as (

    select
        contracts.contract_id,
        coalesce(contract_lines.business_line, '(none)') as business_line,
        row_number() over by_line as line_no,
        count(*) over whole as lines,
        sum(contract_lines.line_value) over by_line
            / nullif(sum(contract_lines.line_value) over whole, 0) as value_share_until,
        sum(contract_lines.recurring_value) over by_line
            / nullif(sum(contract_lines.recurring_value) over whole, 0)
            as recurring_share_until,
    from contracts
    left join contract_lines on contracts.contract_id = contract_lines.contract_id
    window
        whole as (partition by contracts.contract_id),
        by_line as (
            partition by contracts.contract_id
            order by coalesce(contract_lines.business_line, '(none)')
            rows between unbounded preceding and current row
        )

),

cumulative_shares as (

    select
        contract_id,
        business_line,
        line_no,
        case when line_no = lines then 1.0 else coalesce(value_share_until, line_no / lines) end
            as share_until,
        case
            when line_no = lines then 1.0
            else coalesce(recurring_share_until, value_share_until, line_no / lines)
        end as recurring_share_until,
    from shares

),

-- running sums are rounded, not parts: the parts of a contract add up to it to the cent
running_amounts as (

    select
        cumulative_shares.contract_id,
        cumulative_shares.business_line,
        cumulative_shares.line_no,
        cumulative_shares.share_until,
        cast(contracts.amount * cumulative_shares.share_until as decimal(18, 2)) as amount_until,
        cast(contracts.list_amount * cumulative_shares.share_until as decimal(18, 2))
            as list_amount_until,
        cast(contracts.acv * cumulative_shares.recurring_share_until as decimal(18, 2))
            as acv_until,
    from cumulative_shares
    inner join contracts on cumulative_shares.contract_id = contracts.contract_id

),

final as (

    select
        contract_id,
        business_line,
        coalesce(lag(share_until) over by_line, 0) as share_from,
        share_until,
        amount_until - coalesce(lag(amount_until) over by_line, 0) as amount,
        list_amount_until - coalesce(lag(list_amount_until) over by_line, 0) as list_amount,
        acv_until - coalesce(lag(acv_until) over by_line, 0) as acv,
    from running_amounts
    window by_line as (partition by contract_id order by line_no)

)

select * from final
