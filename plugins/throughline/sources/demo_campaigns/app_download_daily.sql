select * from downloads
