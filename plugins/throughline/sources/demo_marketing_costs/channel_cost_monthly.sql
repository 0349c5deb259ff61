select * from channel_cost
