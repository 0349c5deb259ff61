select * from registrations
