select * from end_customer_days
