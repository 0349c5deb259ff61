select * from nps
