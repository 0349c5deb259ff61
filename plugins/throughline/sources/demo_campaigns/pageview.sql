select * from pageviews
