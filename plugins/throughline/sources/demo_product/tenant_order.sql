select * from end_customer_orders
