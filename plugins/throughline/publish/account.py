"""`build_info` and the audit tables that tell how a release came to be."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from throughline import __version__
from throughline.checks.results import CheckResult
from throughline.publish.freshness import Freshness, write_freshness
from throughline.publish.incidents import write_incidents
from throughline.publish.rejects import write_rejected_rows
from throughline.settings import Settings
from throughline.warehouse.dbt import dbt_vars
from throughline.warehouse.runs import Run

CHECK_RESULTS = (
    "create table audit.check_results (run_id varchar, suite varchar, expectation varchar,"
    " layer varchar, table_name varchar, severity varchar, status varchar, observed varchar,"
    " expected varchar, unexpected_rows bigint, seconds double, owner varchar, why varchar)"
)
BUILD_INFO = (
    "create table build_info (run_id varchar, as_of date, code varchar, version varchar,"
    " built_at timestamptz, batch_set varchar[], vars json, not_connected varchar[],"
    " left_out_tables varchar[], null_columns varchar[], stale map(varchar, varchar),"
    " is_backdated boolean, checks map(varchar, bigint), is_passed boolean)"
)


@dataclass(frozen=True)
class Absent:
    """What a release lacks because entities are not connected."""

    entities: Sequence[str]
    tables: Sequence[str]
    columns: Sequence[str]


def write_account(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    freshness: Freshness,
    absent: Absent,
    settings: Settings,
) -> None:
    """Write `build_info` and the audit tables that dbt does not build, but for reconciliation."""
    con.execute("create schema if not exists audit")
    con.execute(CHECK_RESULTS)
    con.execute(
        "create table audit.model_runs as select ? as run_id, schema_name, model, status,"
        " rows_affected as rows, seconds from work.run.model_runs order by all",
        [run.run_id],
    )
    write_freshness(con, run, freshness)
    write_rejected_rows(con, run)
    write_incidents(con, settings)
    con.execute(BUILD_INFO)
    con.execute(
        "insert into build_info values"
        " (?, ?, ?, ?, now(), ?, ?, ?, ?, ?, map(?, ?), ?, map {}, false)",
        [
            *(run.run_id, run.as_of, run.code, __version__),
            [batch.batch_id for batch in run.batches],
            json.dumps(dbt_vars(settings), sort_keys=True),
            *(list(absent.entities), list(absent.tables), list(absent.columns)),
            *(list(run.stale), list(run.stale.values())),
            run.backdated,
        ],
    )


def write_results(
    con: duckdb.DuckDBPyConnection, run_id: str, results: Sequence[CheckResult]
) -> None:
    """Add check results to `audit.check_results`."""
    for result in results:
        con.execute(
            "insert into audit.check_results values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(run_id, result.suite, result.expectation, result.layer, result.table_name),
                *(result.severity, result.status, result.observed, result.expected),
                *(result.unexpected_rows, result.seconds, result.owner, result.why),
            ],
        )
