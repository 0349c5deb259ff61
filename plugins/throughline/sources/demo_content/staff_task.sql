select * from staff_tasks
