"""Prepare a work file for one run: parameters, batches, input views, touched dates."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb

from throughline import fault
from throughline.landing import InputBatch
from throughline.settings import Settings
from throughline.warehouse.engine import connect
from throughline.warehouse.inputs import create_input_views
from throughline.warehouse.tables import create_run_tables
from throughline.warehouse.touched import changes, record_touched_dates


def prepare(
    settings: Settings,
    as_of: date,
    work_file: Path,
    batches: Sequence[InputBatch],
    run_id: str,
) -> list[str]:
    """Write what the models read of this run, before dbt starts, in one transaction.

    Returns the entities that lost a file of the last success, so that what reads them must be
    rebuilt.

    Raises:
        BuildError: a batch is not what its manifest says.
    """
    work_file.parent.mkdir(parents=True, exist_ok=True)
    with connect(settings, work_file) as con:
        create_run_tables(con)
        con.execute("begin")
        attempt = begin_attempt(con, run_id, as_of)
        _write_parameters(con, settings, as_of, run_id)
        _write_batches(con, batches)
        create_input_views(con, batches)
        found = changes(con, batches)
        record_touched_dates(con, settings, found, attempt)
        fault.point("prepare.before_commit")
        con.execute("commit")
        con.execute("checkpoint")
    fault.point("prepare.after_commit")
    return [entity for entity, change in found.items() if change.lost]


def as_of_end(settings: Settings, as_of: date) -> datetime:
    """First instant after `as_of` in the business time zone."""
    return datetime.combine(as_of + timedelta(days=1), time.min, settings.zone)


def begin_attempt(con: duckdb.DuckDBPyConnection, run_id: str, as_of: date) -> int:
    """Enter a new attempt and return its number; earlier unfinished ones stay on record."""
    row = con.execute("select coalesce(max(attempt), 0) + 1 from run.attempts").fetchone()
    attempt = int(row[0]) if row else 1
    con.execute("insert into run.attempts values (?, ?, ?, 'started')", [attempt, run_id, as_of])
    return attempt


def current_attempt(con: duckdb.DuckDBPyConnection) -> int:
    """Number of the newest attempt."""
    row = con.execute("select max(attempt) from run.attempts").fetchone()
    return int(row[0]) if row else 0


def finish_attempt(con: duckdb.DuckDBPyConnection, fingerprints: dict[str, str]) -> None:
    """Record a success: this batch set and this code are what the tables hold from now on."""
    con.execute("begin")
    con.execute(
        "update run.attempts set status = case when attempt = ? then 'succeeded' else 'unfinished'"
        " end where status = 'started'",
        [current_attempt(con)],
    )
    for table in ("attempt_dates", "attempt_models", "built_from", "model_fingerprints"):
        con.execute(f"delete from run.{table}")
    con.execute("insert into run.built_from select batch_id, entity, path from run.batches")
    for model, fingerprint in sorted(fingerprints.items()):
        con.execute("insert into run.model_fingerprints values (?, ?)", [model, fingerprint])
    con.execute("commit")
    con.execute("checkpoint")


def _write_parameters(
    con: duckdb.DuckDBPyConnection, settings: Settings, as_of: date, run_id: str
) -> None:
    con.execute("delete from run.parameters")
    con.execute(
        "insert into run.parameters values (?, ?, ?)",
        [as_of, as_of_end(settings, as_of), run_id],
    )


def _write_batches(con: duckdb.DuckDBPyConnection, batches: Sequence[InputBatch]) -> None:
    con.execute("delete from run.batches")
    for batch in batches:
        con.execute(
            "insert into run.batches values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(batch.batch_id, batch.source, batch.entity, batch.domain, batch.window),
                *(batch.as_of, batch.extracted_at, str(batch.path), str(batch.rejected_path)),
                *(batch.rows, batch.rejected, batch.min_date, batch.max_date, batch.amount),
            ],
        )
