select * from cdr
