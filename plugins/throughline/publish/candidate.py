"""The candidate: a fresh file with what analysts may see, and the account of how it came to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from throughline import fault
from throughline.checks.left_out import one_of
from throughline.checks.results import CheckResult, blocking
from throughline.contracts import load_contracts
from throughline.errors import FenceError
from throughline.landing import gate_results
from throughline.publish.account import Absent, write_account, write_results
from throughline.publish.freshness import Freshness, measure_freshness
from throughline.publish.reconcile import reconcile, reconciliation_results
from throughline.settings import Settings
from throughline.sql_text import literal, quoted
from throughline.warehouse.engine import connect
from throughline.warehouse.runs import Run

STAGES = ("acquisition", "lead", "opportunity", "payment", "success", "journey", "audit")
WHO_IS_WHO = ("bridge_person_company", "person_alias")
"""Tables of core that readers need beside its dimensions, to follow a person through time."""
DATE_COLUMNS = (
    *("date", "snapshot_date", "created_date", "period_start"),
    *("month", "created_month", "lead_cohort_month"),
)
"""Grain columns that tell how far a table reaches; a stale table ends at `data_through`."""


@dataclass(frozen=True)
class Candidate:
    """A candidate file; `rows` by table, what could not be computed beside them."""

    path: Path
    rows: dict[str, int]
    left_out: tuple[str, ...]
    nulled: tuple[str, ...]


@dataclass(frozen=True)
class _Model:
    schema: str
    name: str
    about: str
    requires: tuple[str, ...]
    inputs: tuple[str, ...]
    column_requires: dict[str, list[str]]
    column_about: dict[str, str]

    @property
    def table(self) -> str:
        return f"{self.schema}.{self.name}"


def candidate_path(settings: Settings, run_id: str) -> Path:
    """Where the candidate of a run is built."""
    return settings.candidates / f"{run_id}.duckdb"


def build_candidate(settings: Settings, run: Run, results: Sequence[CheckResult] = ()) -> Candidate:
    """Copy stage tables and dimensions out of the work file, and write the audit tables.

    Rows are ordered by all columns, so equal content is an equal table.

    Args:
        settings: the configuration.
        run: the run that the work file was built for.
        results: check results of the layers before; they become `audit.check_results`.

    Raises:
        FenceError: the work file holds another run by now.
    """
    path = candidate_path(settings, run.run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in (path, path.with_name(path.name + ".wal")):
        old.unlink(missing_ok=True)
    fault.point("candidate.before_copy")
    with connect(settings, path) as con:
        con.execute(f"attach {literal(run.work_file)} as work (read_only)")
        _is_of(con, run)
        freshness = measure_freshness(con, settings, run)
        con.execute("begin")
        models = _models(con)
        kept = [model for model in models if not _missing(model.requires, run)]
        nulled = [name for model in kept for name in _copy(con, model, run, freshness)]
        left_out = sorted(model.table for model in models if model not in kept)
        absent = not_connected(con, run)
        write_account(con, run, freshness, Absent(absent, left_out, nulled), settings)
        reconcile(con, run)
        write_results(con, run.run_id, [*_input_results(run), *results])
        con.execute("commit")
        rows = _count(con)
        con.execute("detach work")
        con.execute("checkpoint")
    fault.point("candidate.after_copy")
    return Candidate(path, rows, tuple(left_out), tuple(nulled))


def audit_candidate(settings: Settings, run: Run) -> list[CheckResult]:
    """Check the candidate file of a run, and write into it the results and whether it passed."""
    from throughline.checks.gate import check_candidate

    path = candidate_path(settings, run.run_id)
    with connect(settings, path, read_only=True) as con:
        absent = con.execute("select not_connected from build_info").fetchall()[0][0]
        reconciled = reconciliation_results(con)
    results = [*check_candidate(settings, path, set(absent)), *reconciled]
    with connect(settings, path) as con:
        failed = blocking(results)
        con.execute("begin")
        write_results(con, run.run_id, results)
        con.execute(
            "update build_info set is_passed = ?, checks = (select map_from_entries(list("
            " {'k': status, 'v': n} order by status)) from"
            " (select status, count(*) as n from audit.check_results group by status))",
            [not failed],
        )
        con.execute("commit")
        con.execute("checkpoint")
    fault.point("candidate.audited")
    return results


def _input_results(run: Run) -> list[CheckResult]:
    """What the input gate said of the batches that this night brought."""
    return [
        CheckResult(**{**result, "table_name": batch.batch_id})
        for batch in run.batches
        if batch.as_of == run.as_of
        for result in gate_results(batch)
    ]


def is_published(name: str) -> bool:
    """Whether readers get a `schema.table`: of the stages, a dimension, or who is who."""
    schema, _, table = name.partition(".")
    of_core = table.startswith("dim_") or table in WHO_IS_WHO
    return schema in STAGES or (schema == "core" and of_core)


def not_connected(con: duckdb.DuckDBPyConnection, run: Run) -> list[str]:
    """Entities that no enabled source delivers, also those that only a `requires` names."""
    named = con.execute(
        "select unnest(requires) from work.run.models"
        " union select unnest(flatten(map_values(column_requires))) from work.run.models"
    ).fetchall()
    entities = set().union(*(one_of(need) for (need,) in named))
    return sorted({*load_contracts(), *entities} - run.connected)


def _is_of(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    found = con.execute("select run_id from work.run.parameters").fetchone()
    if not found or found[0] != run.run_id:
        raise FenceError(
            f"{run.work_file} holds run {found[0] if found else 'nothing'} by now, not"
            f" {run.run_id}: start the night of {run.as_of} again"
        )


def _models(con: duckdb.DuckDBPyConnection) -> list[_Model]:
    rows = con.execute(
        "select schema_name, model, description, requires, inputs, column_requires, column_about"
        " from work.run.models order by all"
    ).fetchall()
    return [
        _Model(r[0], r[1], r[2], tuple(r[3]), tuple(r[4]), r[5], r[6])
        for r in rows
        if is_published(f"{r[0]}.{r[1]}")
    ]


def _missing(requires: Sequence[str], run: Run) -> list[str]:
    return [need for need in requires if not one_of(need) & run.connected]


def _copy(
    con: duckdb.DuckDBPyConnection, model: _Model, run: Run, freshness: Freshness
) -> list[str]:
    """Copy one table; returns its columns that could not be computed, as schema.table.column."""
    source = f"work.{quoted(model.schema)}.{quoted(model.name)}"
    target = f"{quoted(model.schema)}.{quoted(model.name)}"
    types = {row[0]: row[1] for row in con.execute(f"describe {source}").fetchall()}
    empty = [c for c in types if _missing(model.column_requires.get(c, ()), run)]
    columns = (
        f"cast(null as {kind}) as {quoted(name)}" if name in empty else quoted(name)
        for name, kind in types.items()
    )
    con.execute(f"create schema if not exists {quoted(model.schema)}")
    con.execute(
        f"create table {target} as select {', '.join(columns)} from {source}"
        f" {_until(types, freshness.through(model.inputs), run)} order by all"
    )
    con.execute(f"comment on table {target} is {literal(model.about)}")
    for name, about in model.column_about.items():
        if name in types:
            con.execute(f"comment on column {target}.{quoted(name)} is {literal(about)}")
    return [f"{model.table}.{name}" for name in empty]


def _until(types: dict[str, str], through: object, run: Run) -> str:
    """Condition that ends a stale table where its data end, never with zeros."""
    dates = [name for name in DATE_COLUMNS if types.get(name) == "DATE"]
    if not dates or through == run.as_of:
        return ""
    return f"where {quoted(dates[0])} <= date {literal(through)}"


def _count(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    rows = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables()"
        " where database_name = current_database() order by all"
    ).fetchall()
    return {
        name: int(con.execute(f"select count(*) from {name}").fetchall()[0][0]) for (name,) in rows
    }
