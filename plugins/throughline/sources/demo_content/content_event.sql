select * from content_events
