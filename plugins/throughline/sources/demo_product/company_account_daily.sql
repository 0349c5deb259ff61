select * from seats
