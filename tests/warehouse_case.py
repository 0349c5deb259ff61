"""Build the dbt project on rows that a test writes down, without any source or conform."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from throughline.contracts import ENVELOPE, Contract, load_contracts

PROJECT = Path(__file__).parents[1] / "dbt_project"
Row = Mapping[str, Any]


def build(
    tmp_path: Path,
    rows: Mapping[str, Sequence[Row]],
    as_of: date,
    select: str | None = None,
    business_tz: str = "Asia/Shanghai",
    dbt_vars: Mapping[str, Any] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Build the warehouse of `as_of` from accepted rows and open it read-only.

    Args:
        tmp_path: folder of the work file; its parent keeps dbt's parsed project for the session.
        rows: accepted rows by entity, in the columns of `Contract.columns`; what a row leaves out
            is NULL. The envelope may be given (`_loaded_at` for late and restated rows) and is
            otherwise filled in: one batch, loaded at the end of `as_of`.
        as_of: business date the night runs for.
        select: dbt node selection, everything but tests where None.
        business_tz: business time zone.
        dbt_vars: further dbt vars.
    """
    work_file = tmp_path / "work.duckdb"
    as_of_end = datetime.combine(as_of + timedelta(days=1), time.min, ZoneInfo(business_tz))
    with duckdb.connect(str(work_file)) as con:
        con.execute("set TimeZone = 'UTC'; create schema run; create schema input")
        con.execute(
            "create table run.parameters as select ?::date as as_of,"
            " ?::timestamptz as as_of_end, ?::varchar as run_id",
            [as_of, as_of_end, f"{as_of}-test"],
        )
        con.execute("create table run.touched_dates (entity varchar, business_date date)")
        for contract in load_contracts().values():
            _write_input(con, tmp_path, contract, rows.get(contract.entity, ()), as_of_end)
    _dbt(tmp_path, work_file, select, {"business_tz": business_tz, **(dbt_vars or {})})
    con = duckdb.connect(str(work_file), read_only=True)
    con.execute("set TimeZone = 'UTC'")
    return con


def fetch(con: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """Run a query and return its rows as dictionaries."""
    cursor = con.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _write_input(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    contract: Contract,
    rows: Sequence[Row],
    loaded_at: datetime,
) -> None:
    types = {**contract.columns, **ENVELOPE}
    columns = ", ".join(f'"{name}" {sql_type}' for name, sql_type in types.items())
    con.execute(f"create temp table rows ({columns})")
    unknown = {name for row in rows for name in row} - set(types)
    if unknown:
        raise KeyError(f"{contract.entity} has no column {sorted(unknown)}")
    if rows:
        marks = ", ".join(f"cast(? as {sql_type})" for sql_type in types.values())
        con.executemany(
            f"insert into rows values ({marks})",
            [_values(row, types, loaded_at) for row in rows],
        )
    target = folder / f"{contract.entity}.parquet"
    con.execute(f"copy rows to '{target}' (format parquet); drop table rows")
    view = f'input."{contract.entity}"'
    con.execute(f"create view {view} as select * from read_parquet(['{target}'])")


def _values(row: Row, types: Mapping[str, str], loaded_at: datetime) -> list[Any]:
    text = json.dumps({k: str(v) for k, v in row.items() if not k.startswith("_")}, sort_keys=True)
    envelope = {
        "_source": "test",
        "_batch_id": "test.batch",
        "_loaded_at": loaded_at,
        "_row_hash": hashlib.md5(text.encode()).hexdigest(),
    }
    return [{**envelope, **row}.get(name) for name in types]


def _dbt(tmp_path: Path, work_file: Path, select: str | None, dbt_vars: Mapping[str, Any]) -> None:
    command = [
        *(sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", "build"),
        *("--exclude-resource-type", "unit_test"),
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(tmp_path.parent / "dbt_target")),
        *("--log-path", str(tmp_path / "dbt_logs")),
        *("--vars", json.dumps(dict(dbt_vars), sort_keys=True)),
        *(("--select", *select.split()) if select else ()),
    ]
    done = subprocess.run(
        command,
        env={
            **os.environ,
            "THROUGHLINE_WORK_FILE": str(work_file),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"dbt failed:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}")
