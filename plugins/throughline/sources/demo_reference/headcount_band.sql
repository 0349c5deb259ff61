select * from headcount_bands
