select * from support
