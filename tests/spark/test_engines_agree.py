"""The same models on DuckDB and on Spark: the same rows, also after a night on top of another."""

from pathlib import Path
from typing import Any

import pytest
from tables_case import SOME, Nights, differences, models_of

from throughline.checks.engine import run_suite
from throughline.checks.spark import SparkTables
from throughline.checks.suites import load_suite

pytestmark = pytest.mark.slow

HEADLINES = ("acquisition", "lead", "opportunity", "payment", "success", "journey")
NOT_YET: dict[str, str] = {}
"""Tables that Spark does not have as DuckDB has them, and why; the list only shrinks."""

PROJECT = Path(__file__).parents[2] / "dbt_project"
TABLES = models_of(PROJECT, "core", *HEADLINES)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test per table that is compared."""
    if "table" in metafunc.fixturenames:
        metafunc.parametrize(
            "table", TABLES if metafunc.config.getoption("spark_whole", default=False) else SOME
        )


def test_tables_that_spark_lacks_are_tables_of_the_project() -> None:
    assert len(TABLES) > 30
    unknown = NOT_YET.keys() - set(TABLES)
    assert not unknown, f"NOT_YET names {sorted(unknown)}, which no model makes"
    assert all(len(reason) > 20 for reason in NOT_YET.values()), "say why, in a sentence"
    assert set(SOME) <= set(TABLES) - NOT_YET.keys()


def test_table_of_spark_equals_the_one_of_duckdb(nights: Nights, table: str) -> None:
    problem = nights.not_built.get(table)
    found = [problem] if problem else differences(nights.work_file, nights.tables, table)
    if table in NOT_YET:
        assert found, f"{table} agrees now: take it out of NOT_YET"
    else:
        assert not found, "\n".join(found)


def test_second_night_replaced_partitions_and_kept_the_others(nights: Nights) -> None:
    """An event table keeps the files of dates that the second night did not touch."""
    days = sorted(nights.tables.glob("core.db/fct_user_day/business_date=*"))
    written = {day.name: min(f.stat().st_mtime for f in day.glob("*.parquet")) for day in days}
    newest = max(written.values())
    kept = [name for name, at in written.items() if at < newest - 1]
    assert len(days) > 30
    assert 0 < len(days) - len(kept) < len(kept), "few dates are new, most are as the night before"


@pytest.mark.parametrize("name", ["dim_date", "fct_user_day"])
def test_suite_of_a_core_table_comes_to_the_same_on_both(
    nights: Nights, session: Any, name: str
) -> None:
    suite = load_suite("core", name).pushed_down
    ours = run_suite(nights.work_file, suite)
    theirs = run_suite(SparkTables(session), suite)
    assert {r.expectation: r.status for r in theirs} == {r.expectation: r.status for r in ours}
    assert {r.status for r in ours} == {"pass"}
