-- One row per owner, month and product with a target, in the reporting currency at the month's
-- first day. The product `ALL` is the owner's own row for it, else the sum of the lines.
with

targets as (

    select
        sales_targets.owner_id,
        sales_targets.month,
        sales_targets.product,
        {{ to_reporting('sales_targets.target', 'sales_targets.currency', 'sales_targets.month') }}
            as target,
    from {{ ref('stg_sales_target') }} as sales_targets
    where sales_targets.month <= {{ param('as_of') }}

),

totals as (

    select
        owner_id,
        month,
        'ALL' as product,
        coalesce(
            sum(target) filter (where product = 'ALL'),
            sum(target) filter (where product <> 'ALL')
        ) as target,
    from targets
    group by all

),

final as (

    select owner_id, month, product, target from targets where product <> 'ALL'
    union all
    select owner_id, month, product, target from totals

)

select * from final
