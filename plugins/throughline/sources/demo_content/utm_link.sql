select * from links
