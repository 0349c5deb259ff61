select * from assignments
