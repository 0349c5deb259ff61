"""Where events lie: the key, business date and batch of every accepted row, as numbers.

A copy of an event may lie on any date, however old. Looking for it in all files costs more the
longer the history is; looking for a number in one narrow column of the work file costs nearly
nothing. Two keys may share a number: then a date more is built again, which changes nothing.
"""

from pathlib import Path

import duckdb

from throughline.contracts import Contract
from throughline.sql_text import literal, quoted
from throughline.warehouse.inputs import rows_of


def index_batches(con: duckdb.DuckDBPyConnection, contract: Contract, date: str) -> None:
    """Bring the keys of an entity up to the batches of this run and of the last success.

    `date` is the expression of an event's business date. A batch whose file is gone keeps what is
    known of it.
    """
    table = keys_of(con, contract.entity)
    rule = f"{duckdb.__version__} {', '.join(contract.key)} {date}"
    wanted = dict(
        con.execute(
            "select batch_id, path from run.batches where entity = $1"
            " union select batch_id, path from run.built_from where entity = $1",
            [contract.entity],
        ).fetchall()
    )
    known = con.execute(
        "select batch_no, batch_id, rule from run.indexed where entity = ?", [contract.entity]
    ).fetchall()
    fresh = {name for _, name, by in known if name in wanted and by == rule}
    stale = [number for number, name, _ in known if name not in fresh]
    if stale:
        con.execute(f"delete from {table} where batch_no in (select unnest(?))", [stale])
        con.execute("delete from run.indexed where batch_no in (select unnest(?))", [stale])
    paths = {name: Path(path) for name, path in wanted.items() if name not in fresh}
    there = {name: path for name, path in paths.items() if path.exists()}
    if there:
        _add(con, contract, date, rule, there)


def copied_dates(con: duckdb.DuckDBPyConnection, entity: str, changed: list[str]) -> str:
    """SELECT of the dates (column `date`) with a row whose key a changed batch holds."""
    names = ", ".join(map(literal, changed)) or "null"
    numbers = (
        f"(select batch_no from run.indexed where entity = {literal(entity)}"
        f" and batch_id in ({names}))"
    )
    table = keys_of(con, entity)
    came = f"from {table} where batch_no in {numbers}"
    others = f"from {table} where batch_no not in {numbers}"
    if not con.execute(f"select exists ({others})").fetchall()[0][0]:
        return f"select distinct business_date as date {came}"
    return (
        f"select distinct business_date as date from {table}"
        f" where key_hash in (select key_hash {came})"
    )


def record_touched_batches(con: duckdb.DuckDBPyConnection, entity: str) -> None:
    """Write the batches of this run that hold a row with the key of a row on a touched date.

    Copies of what changed batches hold lie on touched dates themselves, so only keys of the others
    are looked for: in most nights there are none.
    """
    table = keys_of(con, entity)
    dates = f"(select business_date from run.touched_dates where entity = {literal(entity)})"
    there = f"from {table} where business_date in {dates}"
    changed = (
        "(select batch_no from run.indexed where (batch_id in (select batch_id from run.batches))"
        " <> (batch_id in (select batch_id from run.built_from)))"
    )
    con.execute(
        f"create or replace temp table near as select distinct batch_no {there}"
        f" union select distinct batch_no from {table}"
        f" where key_hash in (select key_hash {there} and batch_no not in {changed})"
    )
    con.execute(
        "insert into run.touched_batches select entity, batch_id from run.indexed"
        " where batch_no in (select batch_no from near)"
        " and batch_id in (select batch_id from run.batches) order by all"
    )
    con.execute("drop table near")


def keys_of(con: duckdb.DuckDBPyConnection, entity: str) -> str:
    """Name of the table of an entity's keys, which is made where there is none."""
    table = f"run.{quoted(f'keys_{entity}')}"
    con.execute(
        f"create table if not exists {table}"
        " (key_hash ubigint, business_date date, batch_no integer)"
    )
    return table


def _add(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    date: str,
    rule: str,
    paths: dict[str, Path],
) -> None:
    row = con.execute("select coalesce(max(batch_no), 0) from run.indexed").fetchone()
    first = int(row[0]) + 1 if row else 1
    for number, name in enumerate(sorted(paths), first):
        con.execute(
            "insert into run.indexed values (?, ?, ?, ?)", [number, name, contract.entity, rule]
        )
    keys = ", ".join(map(quoted, contract.key))
    rows = rows_of(con, contract, [paths[name] for name in sorted(paths)])
    con.execute(
        f"insert into {keys_of(con, contract.entity)}"
        " select found.key_hash, found.business_date, indexed.batch_no"
        f" from (select hash({keys}) as key_hash, {date} as business_date, _batch_id"
        f" from ({rows})) as found"
        " inner join run.indexed as indexed on found._batch_id = indexed.batch_id"
    )
