select * from contents
