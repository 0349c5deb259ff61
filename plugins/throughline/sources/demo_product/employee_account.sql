select
    *,
    opened_at as created_at,
from employees
