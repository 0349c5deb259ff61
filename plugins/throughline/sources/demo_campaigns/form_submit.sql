select * from forms
