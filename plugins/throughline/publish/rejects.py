"""`audit.rejected_rows`: every row of the live batches that broke its contract, and why."""

import duckdb

from throughline.sql_text import literal
from throughline.warehouse.runs import Run

TABLE = (
    "create table audit.rejected_rows (run_id varchar, batch_id varchar, source varchar,"
    " entity varchar, file varchar, row_number bigint, reason varchar, first_seen_at timestamptz,"
    " last_seen_at timestamptz)"
)


def write_rejected_rows(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Write one row per rejected row and reason; the raw text stays in landing."""
    con.execute(TABLE)
    for batch in run.batches:
        if not batch.rejected:
            continue
        con.execute(
            "insert into audit.rejected_rows"
            " select ?, ?, ?, ?, _file, _row, unnest(reasons), first_seen_at, ?"
            f" from read_parquet({literal(batch.rejected_path)}) order by all",
            [
                *(run.run_id, batch.batch_id, batch.source, batch.entity),
                batch.extracted_at,
            ],
        )
