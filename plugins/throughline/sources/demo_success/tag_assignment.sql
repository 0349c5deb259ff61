select * from tags
