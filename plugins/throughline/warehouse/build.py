"""The build of one run: dbt parses while the inputs are prepared, then the layers follow."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from throughline import fault
from throughline.settings import Settings
from throughline.timing import timed
from throughline.warehouse.dbt import Dbt, ModelRun, dbt_vars
from throughline.warehouse.engine import connect
from throughline.warehouse.fingerprints import (
    SEEDS,
    drop_changed,
    fingerprints,
    load_seeds,
    seeds_fingerprint,
    unmoved,
)
from throughline.warehouse.graph import Graph, model_name
from throughline.warehouse.models import SHARED_LAYERS, write_models
from throughline.warehouse.prepare import finish_attempt, prepare
from throughline.warehouse.runs import Run

Touched = dict[str, list[date]]
Gate = Callable[[Path, Touched], None]


@dataclass(frozen=True)
class Built:
    """What a build did; `rebuilt` are the incremental models that were built from nothing."""

    runs: tuple[ModelRun, ...]
    rebuilt: tuple[str, ...]
    touched: Touched


def build(
    settings: Settings,
    run: Run,
    gate: Gate | None = None,
    seconds: dict[str, float] | None = None,
) -> Built:
    """Build all tables of a run in its work file.

    `gate` is called with the work file and the touched dates by model, after staging and core are
    built and before the stage tables are; what it raises stops the build. `seconds` takes the wall
    time by part.

    Raises:
        BuildError: an input is not what its manifest says, or a model failed.
    """
    clock = {} if seconds is None else seconds
    if run.backdated:
        _start_afresh(run.work_file)
    with Dbt(settings, run.work_file) as dbt:
        with timed(clock, "prepare"):
            lost = prepare(settings, run.as_of, run.work_file, run.batches, run.run_id)
        with timed(clock, "dbt_parse"):
            graph = Graph(dbt.manifest(), dbt_vars(settings))
        seeds = _begin(settings, run.work_file, graph)
        lookups = graph.before_facts()
        with timed(clock, "dbt_lookups"):
            first = [*(["resource_type:seed"] if seeds else []), *lookups]
            if first:
                dbt.build("--select", *first)
        with timed(clock, "fingerprint"):
            kept = _fingerprint(settings, run.work_file, graph, lost)
        fault.point("build.before_core")
        with timed(clock, "dbt_core"):
            done = (*lookups, *kept.unmoved)
            dbt.build("--select", *SHARED_LAYERS, "--exclude", "resource_type:seed", *done)
        fault.point("build.after_core")
        if gate is not None:
            gate(run.work_file, kept.touched)
        fault.point("build.before_stages")
        with timed(clock, "dbt_stages"):
            dbt.build("--exclude", "resource_type:seed", *SHARED_LAYERS)
        fault.point("build.after_stages")
    with connect(settings, run.work_file) as con:
        _write_model_runs(con, dbt.runs)
        finish_attempt(con, kept.prints)
    fault.point("build.finished")
    return Built(runs=tuple(dbt.runs), rebuilt=kept.rebuilt, touched=kept.touched)


def _start_afresh(work_file: Path) -> None:
    for path in (work_file, work_file.with_name(work_file.name + ".wal")):
        path.unlink(missing_ok=True)


def _begin(settings: Settings, work_file: Path, graph: Graph) -> bool:
    """Note the models of this run; whether the seeds must be loaded."""
    with connect(settings, work_file) as con:
        write_models(con, graph)
        return load_seeds(con, seeds_fingerprint(graph))


@dataclass(frozen=True)
class _Kept:
    """Of the models that keep their rows: fingerprints, which start anew, which need no build."""

    prints: dict[str, str]
    rebuilt: tuple[str, ...]
    touched: Touched
    unmoved: list[str]


def _fingerprint(settings: Settings, work_file: Path, graph: Graph, lost: list[str]) -> _Kept:
    with connect(settings, work_file) as con:
        prints = {**fingerprints(con, graph), SEEDS: seeds_fingerprint(graph)}
        changed = drop_changed(con, graph, prints, lost)
        touched = touched_by_model(con, graph, changed)
        same = unmoved(con, graph, changed, [name for name, dates in touched.items() if dates])
        incremental = {model_name(node) for node in graph.incremental()}
        rebuilt = tuple(name for name in changed if name in incremental)
        return _Kept(prints, rebuilt, touched, same)


def touched_by_model(con: duckdb.DuckDBPyConnection, graph: Graph, rebuilt: list[str]) -> Touched:
    """Touched dates of each incremental model that is not rebuilt, by model name.

    A model that is not among them is a whole table.
    """
    dates: dict[str, list[date]] = {}
    for entity, day in con.execute("select * from run.touched_dates order by all").fetchall():
        dates.setdefault(entity, []).append(day)
    return {
        node["name"]: sorted(
            {day for entity in graph.inputs(node) for day in dates.get(entity, [])}
        )
        for node in graph.incremental()
        if model_name(node) not in rebuilt
    }


def _write_model_runs(con: duckdb.DuckDBPyConnection, runs: list[ModelRun]) -> None:
    con.execute("delete from run.model_runs")
    for run in runs:
        con.execute(
            "insert into run.model_runs values (?, ?, ?, ?, ?, ?)",
            [run.schema, run.model, run.status, run.seconds, run.rows, run.message],
        )
