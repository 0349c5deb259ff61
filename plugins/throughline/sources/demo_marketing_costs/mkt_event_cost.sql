select * from event_cost
