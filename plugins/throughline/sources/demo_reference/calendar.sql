select * from calendar
