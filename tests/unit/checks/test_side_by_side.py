"""Many suites on one file: the same answers from several processes, and no needless queries."""

import json
import os
from collections.abc import Callable
from multiprocessing import current_process
from pathlib import Path
from typing import Any

import billiard
import duckdb
import pytest
from sqlalchemy import event

from throughline.checks.datasource import opened
from throughline.checks.engine import run_suite
from throughline.checks.results import CheckResult
from throughline.checks.side_by_side import ENOUGH_TO_SHARE, Job, run_suites
from throughline.checks.suites import Suite
from throughline.settings_sections import Warehouse

TABLES = [f"table_{number}" for number in range(8)]
LIMITS = Warehouse(threads=2, memory_limit="1GB")


class Deadly(list[str]):
    """Kills the process that it is handed over to."""

    def __reduce__(self) -> tuple[Callable[[int], Any], tuple[int]]:
        return os._exit, (9,)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "work.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("create schema core")
        for table in TABLES[1:]:
            con.execute(
                f"create table core.{table} as select i as id, 'in' as way from range(9) t(i)"
            )
    return path


def suite(table: str, queries: int = 5) -> Suite:
    checks: list[tuple[str, dict[str, Any]]] = [
        ("expect_table_row_count_to_be_between", {"min_value": 1}),
        ("expect_column_values_to_not_be_null", {"column": "id"}),
        ("expect_column_values_to_not_be_null", {"column": "way"}),
        ("expect_column_values_to_be_in_set", {"column": "way", "value_set": ["in"]}),
        *(
            ("unexpected_rows_expectation", {"unexpected_rows_query": query})
            for query in (f"select id from {{batch}} where id > {n + 6}" for n in range(queries))
        ),
    ]
    return Suite.model_validate(
        {
            "suite": f"core.{table}",
            "owner": "data-platform",
            "layer": "core",
            "table": table,
            "expectations": [
                {"type": t, "kwargs": k, "severity": "critical", "meta": {"why": "it is a test"}}
                for t, k in checks
            ],
        }
    )


def told(results: list[CheckResult]) -> list[tuple[str, str, str, int | None]]:
    return [(r.expectation, r.status, r.observed, r.unexpected_rows) for r in results]


def test_suites_judged_in_processes_say_what_they_say_alone(database: Path) -> None:
    jobs = [Job(suite(table), "id < 8" if table[-1] in "24" else None) for table in TABLES]
    assert sum(len(job.suite.expectations) for job in jobs) >= ENOUGH_TO_SHARE
    together = run_suites(database, jobs, LIMITS)
    alone = [run_suite(database, job.suite, where=job.where) for job in jobs]
    assert [told(results) for results in together] == [told(results) for results in alone]
    assert {r.status for r in together[0]} == {"error"}, "its table does not exist"
    assert [r.status for r in together[1]][4:] == ["fail", "fail", "pass", "pass", "pass"]


def test_suites_are_judged_in_processes_of_a_celery_worker_too(
    database: Path, tmp_path: Path
) -> None:
    """Celery's own kind of process is a daemon, and stays one."""
    jobs = [Job(suite(table)) for table in TABLES]
    found = tmp_path / "found.json"

    def work() -> None:
        results = [told(each) for each in run_suites(database, jobs, LIMITS)]
        found.write_text(json.dumps([results, current_process().daemon]))

    worker = billiard.Process(target=work, daemon=True)
    worker.start()
    worker.join(300)
    results, daemon = json.loads(found.read_text())
    alone = [run_suite(database, job.suite) for job in jobs]
    assert results == json.loads(json.dumps([told(each) for each in alone]))
    assert daemon is True


def test_suite_whose_process_died_is_an_error_not_a_pass(database: Path) -> None:
    jobs = [Job(suite(table)) for table in TABLES]
    jobs[3] = Job(suite(TABLES[3]), not_applicable=Deadly())
    results = run_suites(database, jobs, LIMITS)
    assert [len(found) for found in results] == [len(job.suite.expectations) for job in jobs]
    assert {r.status for r in results[3]} == {"error"}


def test_missing_file_is_an_error_in_every_suite(tmp_path: Path) -> None:
    results = run_suites(tmp_path / "gone.duckdb", [Job(suite(t)) for t in TABLES], LIMITS)
    assert {r.status for found in results for r in found} == {"error"}


def test_passing_suite_runs_one_query_per_check_and_no_query_twice(database: Path) -> None:
    asked: list[str] = []
    with opened(database, LIMITS) as checker:
        note = lambda *given: asked.append(given[2])  # noqa: E731
        event.listen(checker.engine.engine, "before_cursor_execute", note)
        try:
            results = run_suite(database, suite(TABLES[1], queries=3))
        finally:
            event.remove(checker.engine.engine, "before_cursor_execute", note)
    assert [r.status for r in results] == ["pass"] * 4 + ["fail", "fail", "pass"]
    queries = [sql for sql in asked if "where id >" in sql]
    assert len(queries) == len(set(queries)) == 3
    examples = [sql for sql in asked if "way" in sql and "LIMIT" in sql.upper()]
    assert not examples, "nothing unexpected, so nothing to show"


def test_failing_check_still_shows_examples(database: Path) -> None:
    given = suite(TABLES[1], queries=0).model_dump()
    given["expectations"][3]["kwargs"]["value_set"] = ["out"]
    (*_, judged) = run_suite(database, Suite.model_validate(given))
    assert (judged.status, judged.observed) == ("fail", "9 of 9 rows, for example in, in, in")
