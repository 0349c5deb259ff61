select * from touches
