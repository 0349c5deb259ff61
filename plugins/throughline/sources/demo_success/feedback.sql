select * from feedback
