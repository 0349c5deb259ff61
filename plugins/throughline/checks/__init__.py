"""Great Expectations by SQL push-down on DuckDB; every doubt counts as a failure."""
