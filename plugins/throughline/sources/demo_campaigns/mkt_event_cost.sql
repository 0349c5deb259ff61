select * from event_costs
