select * from experiments
