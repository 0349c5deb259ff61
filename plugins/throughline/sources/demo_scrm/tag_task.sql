select * from tag_tasks
