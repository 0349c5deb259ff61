select * from pilot_events
