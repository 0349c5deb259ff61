"""What the models read of a run, in Spark: its parameters, what is touched, its accepted rows."""

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from throughline.contracts import ENVELOPE, Contract, load_contracts
from throughline.settings import Settings
from throughline.sql_text import literal
from throughline.warehouse.engine import connect

ALL = "select path from run.batches where entity = ? order by path"
TOUCHED = (
    "select path from run.batches semi join run.touched_batches using (entity, batch_id)"
    " where entity = ? order by path"
)
Execute = Callable[[str], object]
"""Runs one statement in Spark, through a session or a Thrift server."""

TYPES = {"VARCHAR": "string", "TIMESTAMP WITH TIME ZONE": "timestamp"}


def write_run(settings: Settings, state_file: Path, execute: Execute) -> None:
    """Make Spark's views in `run`, `input` and `touched` from the run that `state_file` holds."""
    with connect(settings, state_file, read_only=True) as con:
        for statement in _statements(con):
            execute(statement)


def _statements(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for schema in ("run", "input", "touched"):
        yield f"create schema if not exists {schema}"
    as_of, end, run_id = con.execute(
        "select as_of, strftime(as_of_end, '%Y-%m-%d %H:%M:%S.%f'), run_id from run.parameters"
    ).fetchall()[0]
    yield (
        f"create or replace view run.parameters as select date '{as_of}' as as_of,"
        f" timestamp '{end}' as as_of_end, {literal(run_id)} as run_id"
    )
    touched = con.execute("select entity, business_date from run.touched_dates").fetchall()
    rows = ", ".join(f"({literal(entity)}, date '{day}')" for entity, day in touched)
    yield (
        "create or replace view run.touched_dates as select * from"
        f" (values {rows or '(cast(null as string), cast(null as date))'})"
        " as touched (entity, business_date)"
    )
    for entity, contract in load_contracts().items():
        for schema, select in (("input", ALL), ("touched", TOUCHED)):
            if schema == "input" or contract.kind == "event":
                paths = [row[0] for row in con.execute(select, [entity]).fetchall()]
                rows = _rows_of(con, contract, paths)
                yield f"create or replace view {schema}.`{entity}` as {rows}"


def _rows_of(con: duckdb.DuckDBPyConnection, contract: Contract, paths: list[str]) -> str:
    """SELECT of the accepted rows of some files; a column that a file has not yet is NULL."""
    types = {**contract.columns, **ENVELOPE}
    if not paths:
        return f"{_columns(types, {})} where false"
    found = con.execute(
        "select file_name, list(name) from parquet_schema(?) where type is not null group by all",
        [paths],
    ).fetchall()
    known = {file: set(names) for file, names in found}
    return " union all ".join(
        f"{_columns(types, known.get(path, set()))} from parquet.`{path}`" for path in paths
    )


def _columns(types: dict[str, str], known: set[str] | dict[str, str]) -> str:
    columns = (
        f"cast({f'`{name}`' if name in known else 'null'} as {TYPES.get(kind, kind)}) as `{name}`"
        for name, kind in types.items()
    )
    return f"select {', '.join(columns)}"
