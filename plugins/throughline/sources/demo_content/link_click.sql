select * from link_clicks
