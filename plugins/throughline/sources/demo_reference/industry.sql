select * from industries
