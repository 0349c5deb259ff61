"""Touched dates: the business dates that a changed batch set can change, however old (G3)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from throughline.contracts import Contract, load_contracts
from throughline.landing import InputBatch
from throughline.settings import Settings
from throughline.sql_text import literal, quoted
from throughline.warehouse.dbt import project_vars
from throughline.warehouse.event_keys import copied_dates, index_batches, record_touched_batches
from throughline.warehouse.inputs import rows_of

CLOCK_SKEW_MINUTES = 10


@dataclass(frozen=True)
class Change:
    """Batches of one entity that came or went, by id; the files of the lost ones are gone."""

    changed: dict[str, Path]
    lost: tuple[str, ...]


def changes(con: duckdb.DuckDBPyConnection, batches: Sequence[InputBatch]) -> dict[str, Change]:
    """Compare this batch set with that of the last success, by entity.

    `lost` are batches of the last success whose file is gone, so that nobody can say which dates
    it held.
    """
    old = {
        row[0]: (row[1], Path(row[2]))
        for row in con.execute("select batch_id, entity, path from run.built_from").fetchall()
    }
    new = {batch.batch_id: (batch.entity, batch.path) for batch in batches}
    by_entity: dict[str, set[str]] = defaultdict(set)
    for batch_id in old.keys() ^ new.keys():
        by_entity[{**old, **new}[batch_id][0]].add(batch_id)
    both = {**old, **new}
    found = {}
    for entity, ids in sorted(by_entity.items()):
        lost = tuple(sorted(i for i in ids if not both[i][1].exists()))
        found[entity] = Change({i: both[i][1] for i in sorted(ids) if i not in lost}, lost)
    return found


def record_touched_dates(
    con: duckdb.DuckDBPyConnection, settings: Settings, found: dict[str, Change], attempt: int
) -> None:
    """Write `run.touched_dates` and `run.touched_batches`; keep dates for the attempts after this.

    Dates of unfinished attempts since the last success stay touched: nobody knows how far those
    came.
    """
    contracts = load_contracts()
    for entity, change in found.items():
        contract = contracts.get(entity)
        if contract is None or not change.changed:
            continue
        select = touched_select(con, settings, contract, change)
        if select:
            con.execute(
                f"insert into run.attempt_dates select {attempt}, {literal(entity)}, date"
                f" from ({select})"
            )
    con.execute("delete from run.touched_dates")
    con.execute(
        "insert into run.touched_dates select distinct entity, business_date"
        " from run.attempt_dates where business_date is not null order by all"
    )
    con.execute("delete from run.touched_batches")
    for contract in contracts.values():
        if contract.kind == "event":
            _touch_batches(con, settings, contract)


def _touch_batches(con: duckdb.DuckDBPyConnection, settings: Settings, contract: Contract) -> None:
    """Write the touched batches of an entity of events, and a view of their accepted rows."""
    entity = contract.entity
    touched = "select * from run.touched_dates where entity = ?"
    if con.execute(f"{touched} limit 1", [entity]).fetchall():
        index_batches(con, contract, business_date(settings, contract))
        record_touched_batches(con, entity)
    found = con.execute(
        "select path from run.batches semi join run.touched_batches using (entity, batch_id)"
        " where entity = ? order by path",
        [entity],
    ).fetchall()
    select = rows_of(con, contract, [Path(path) for (path,) in found])
    con.execute(f"create or replace view touched.{quoted(entity)} as {select}")


def touched_select(
    con: duckdb.DuckDBPyConnection, settings: Settings, contract: Contract, change: Change
) -> str | None:
    """SELECT of the touched dates (column `date`) of one entity; None where it has no dates.

    An event is deduplicated over all dates: a changed row may bring back or hide its duplicate on
    another date, so every date that holds a row with the key of a changed row is touched.
    """
    if contract.date_column:
        changed = rows_of(con, contract, list(change.changed.values()))
        return f"select distinct {quoted(contract.date_column)} as date from ({changed})"
    if contract.kind != "event":
        return None
    index_batches(con, contract, business_date(settings, contract))
    return copied_dates(con, contract.entity, list(change.changed))


def business_date(settings: Settings, contract: Contract) -> str:
    """Expression of an event's business date; the same definition as the staging models' (G1, G3).

    A client clock more than `clock_skew_min` minutes ahead of the collector's is not believed.
    """
    happened = quoted(str(contract.event_at))
    if contract.received_at:
        received = quoted(contract.received_at)
        skew = f"interval {clock_skew_minutes(settings)} minute"
        happened = f"case when {happened} > {received} + {skew} then {received} else {happened} end"
    return f"cast(({happened}) at time zone {literal(settings.business_tz)} as date)"


def clock_skew_minutes(settings: Settings) -> int:
    """The var `clock_skew_min`: settings, else dbt_project.yml."""
    given = {**project_vars(settings), **settings.vars}
    return int(given.get("clock_skew_min", CLOCK_SKEW_MINUTES))
