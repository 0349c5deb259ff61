select * from referrals
