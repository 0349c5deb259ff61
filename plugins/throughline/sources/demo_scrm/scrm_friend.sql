select * from friends
