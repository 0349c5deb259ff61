select * from csat
