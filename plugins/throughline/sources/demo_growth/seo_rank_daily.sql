select * from seo_ranks
