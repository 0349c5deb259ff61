select * from end_customers
