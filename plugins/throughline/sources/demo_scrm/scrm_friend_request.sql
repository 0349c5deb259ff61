select * from requests
