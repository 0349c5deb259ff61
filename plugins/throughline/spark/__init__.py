"""Spark, the second engine: its Java, a session, a cluster; nothing of it is needed for DuckDB."""
