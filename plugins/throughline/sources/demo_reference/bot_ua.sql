select * from bot_ua
