with

orders as (

    select * from {{ ref('stg_order') }}

),

customers as (

    select * from {{ ref('int_customer_uids__identified') }}

),

identified as (

    select
        orders.*,
        customers.person_id,
        coalesce(customers.person_id, orders.customer_uid) as customer_key,
        orders.paid_at is not null as is_paid,
        {{ business_date('orders.created_at') }} as order_date,
        case when orders.paid_at is not null then coalesce(orders.refund_amount, 0) else 0 end
            as native_refund,
    from orders
    left join customers
        on orders.customer_uid = customers.customer_uid

),

-- One rate for all three amounts of an order, or net, paid and placed could not be compared.
priced as (

    select
        *,
        {{ to_reporting('amount', 'currency', 'order_date') }} as placed_amount,
        {{ to_reporting('native_refund', 'currency', 'order_date') }} as refund,
    from identified

),

final as (

    select
        order_id,
        customer_uid,
        person_id,
        customer_key,
        staff_id,
        created_at as ordered_at,
        order_date,
        paid_at,
        {{ business_date('paid_at') }} as paid_date,
        is_paid,
        placed_amount as amount,
        case when is_paid then placed_amount else cast(0 as decimal(18, 2)) end as paid_amount,
        refund as refund_amount,
        case when refund > 0 then {{ business_date('coalesce(refunded_at, created_at)') }} end
            as refund_date,
        cast(case when is_paid then placed_amount - refund else 0 end as decimal(18, 2))
            as net_amount,
        cast(amount as decimal(18, 2)) as native_amount,
        currency,
        items,
        case
            when is_paid and customer_key is not null
                then row_number() over (
                    partition by customer_key, is_paid order by paid_at, order_id
                )
        end as paid_order_no,
    from priced

)

select * from final
