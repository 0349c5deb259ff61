select * from touch_events
