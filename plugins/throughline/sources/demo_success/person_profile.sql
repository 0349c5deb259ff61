select * from profiles
