select * from search_terms
