"""The gates of the night: one batch, one layer of the work file, one candidate.

A gate returns results and decides nothing but the verdict on a batch; `blocking(results)` says
whether the night may go on.
"""

import logging
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from throughline.checks.batch import BatchFacts, own_results, promised_by_contract
from throughline.checks.engine import run_suite
from throughline.checks.left_out import LeftOut, names_left_out, required_but_missing
from throughline.checks.release_history import Volumes, volume_results
from throughline.checks.results import CheckResult, blocking, failed
from throughline.checks.side_by_side import Job, run_suites
from throughline.checks.suites import EXPECTATIONS, STAGES, Suite, load_layer, load_suite
from throughline.settings import Settings
from throughline.sql_text import literal

log = logging.getLogger(__name__)

__all__ = ["blocking", "check_candidate", "check_layer", "failed", "judge_batch"]


def judge_batch(
    settings: Settings, batch: Any, suites: Path = EXPECTATIONS
) -> tuple[str, list[CheckResult]]:
    """Judge one input batch: the entity's suite, its manifest, its rejects, its volume and age.

    Rows that are deleted and hold little but their key are counted, and not judged further.
    `batch` is a `landing.InputBatch`. Returns `passed` or `held` with every result; a batch that
    cannot be judged is held.

    Raises:
        ConfigError: the entity has no valid suite, or the source folder is not valid; the batch
            stays unjudged until that is mended.
    """
    suite = load_suite("input", batch.entity, suites)
    facts = BatchFacts.of(settings, batch)
    results = run_suite(
        None,
        suite.pushed_down,
        relation=f"read_parquet({literal(batch.path)})",
        where="not coalesce(is_deleted, false)" if batch.bare else None,
        extra=promised_by_contract(batch),
        not_applicable=batch.undelivered,
        limits=settings.warehouse,
    )
    results += own_results(suite, facts)
    return ("held" if blocking(results) else "passed"), results


def check_layer(
    settings: Settings,
    layer: str,
    work_file: Path,
    touched: Mapping[str, list[date]] | None = None,
    suites: Path = EXPECTATIONS,
) -> list[CheckResult]:
    """Judge every suite of `staging` or `core` in the work file.

    `touched` names, per incremental model, the business dates this night replaced: rows are judged
    on those dates only, row counts and keys on the whole table; every other model is judged whole.
    Suites of entities without one input row are not applicable: nothing is connected, or nothing
    was let in yet, and that is the input gate's story. Nor are staging checks of a column that no
    mapping delivers.

    Raises:
        ConfigError: a suite file is not valid, or the layer has none.
    """
    empty = required_but_missing(layer, _empty_inputs(settings, work_file))
    if layer == "staging":
        empty |= _undelivered(settings, work_file)
    jobs = []
    for suite in load_layer(layer, suites):
        dates = (touched or {}).get(suite.table)
        where = None if dates is None else _on(dates)
        jobs.append(Job(suite, where, names_left_out(empty, suite.relation)))
    return [r for found in run_suites(work_file, jobs, settings.warehouse) for r in found]


def check_candidate(
    settings: Settings,
    candidate_file: Path,
    not_connected: set[str],
    left_out: LeftOut | None = None,
    suites: Path = EXPECTATIONS,
) -> list[CheckResult]:
    """Judge every stage and audit suite in the candidate.

    `left_out` names the tables (`stage.table`) that the publisher left out and the columns
    (`(stage.table, column)`) that it set to NULL, each with the entities missing; by default it is
    worked out from `not_connected` and the models' `requires`. What mentions them is not
    applicable; any other table that is not there is an error.

    Raises:
        ConfigError: a suite file is not valid, or a stage has none.
    """
    asked: list[tuple[Suite, LeftOut]] = []
    for stage in STAGES:
        missing = left_out if left_out is not None else required_but_missing(stage, not_connected)
        asked += [(suite, missing) for suite in load_layer(stage, suites)]
    jobs = [
        Job(suite.pushed_down, None, names_left_out(missing, suite.relation))
        for suite, missing in asked
    ]
    found = run_suites(candidate_file, jobs, settings.warehouse)
    volumes = Volumes(settings, candidate_file)
    out: list[CheckResult] = []
    for (suite, missing), results in zip(asked, found, strict=True):
        out += [*results, *volume_results(suite, volumes, suite.relation in missing)]
    return out


def _empty_inputs(settings: Settings, work_file: Path) -> set[str]:
    """Entities whose input view in the work file exists and holds no row.

    None when the file cannot be read: then every suite is judged, and is an error.
    """
    from throughline.checks.datasource import opened

    try:
        with opened(work_file, settings.warehouse) as checker:
            views = checker.execute(
                "select view_name from duckdb_views() where schema_name = 'input' "
                "and database_name = current_database()"
            )
            return {
                view
                for (view,) in views
                if not checker.execute(f'select 1 from input."{view}" limit 1')
            }
    except Exception as error:  # DuckDB's and SQLAlchemy's errors share no narrower base
        log.warning("%s cannot be read for its inputs: %s", work_file, error)
        return set()


def _undelivered(settings: Settings, work_file: Path) -> dict[str | tuple[str, str], set[str]]:
    """Staging columns that no batch of the run's set delivers, each with its entity."""
    from throughline.checks.datasource import opened
    from throughline.landing import input_batches

    try:
        with opened(work_file, settings.warehouse) as checker:
            used = {row[0] for row in checker.execute("select batch_id from run.batches")}
    except Exception as error:  # DuckDB's and SQLAlchemy's errors share no narrower base
        log.warning("%s cannot be read for its batches: %s", work_file, error)
        return {}
    lacking: dict[str, set[str]] = {}
    for batch in input_batches(settings):
        if batch.batch_id in used:
            here = set(batch.undelivered)
            lacking[batch.entity] = lacking.get(batch.entity, here) & here
    return {
        (f"staging.stg_{entity}", column): {entity}
        for entity, columns in lacking.items()
        for column in columns
    }


def _on(dates: list[date]) -> str:
    if not dates:
        return "false"
    days = ", ".join(f"date '{day:%Y-%m-%d}'" for day in dates)
    return f"business_date in ({days})"
