select * from clicks
