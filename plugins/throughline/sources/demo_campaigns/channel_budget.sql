select * from budgets
