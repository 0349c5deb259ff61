select * from chats
