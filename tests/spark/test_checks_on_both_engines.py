"""Great Expectations on DuckDB and on Spark: the same suite comes to the same, and fails closed."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from throughline.checks.engine import run_suite
from throughline.checks.results import CheckResult, blocking
from throughline.checks.spark import SparkTables
from throughline.checks.suites import Suite
from throughline.errors import ConfigError

NOT_NULL = "expect_column_values_to_not_be_null"
UNIQUE = "expect_column_values_to_be_unique"
IN_SET = "expect_column_values_to_be_in_set"
COMPOUND = "expect_compound_columns_to_be_unique"
LENGTHS = "expect_column_value_lengths_to_equal"
BETWEEN = "expect_column_values_to_be_between"
ROWS_OF = "unexpected_rows_expectation"
Check = tuple[str, dict[str, Any]]
THERE: list[Check] = [(NOT_NULL, {"column": c}) for c in ("lead_id", "status", "kind")]
ROWS = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}

LEADS = """
    select *, 'form' as kind, cast(null as int) as rating
    from (values
        ('L1', 10, 'new', timestamp '2026-03-01 16:30:00'),
        ('L2', 20, 'valid', timestamp '2026-03-02 15:59:59'),
        ('L3', null, 'new', timestamp '2026-03-02 16:00:00')
    ) as leads (lead_id, score, status, created_at)
"""
TABLES = {"leads": LEADS, "nothing": f"select * from ({LEADS}) where false"}


@pytest.fixture(scope="module", params=["duckdb", "spark"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path | SparkTables:
    """Three leads, one without a score, a column that is wholly NULL, and an empty table."""
    if request.param == "duckdb":
        path = tmp_path_factory.mktemp("leads") / "release.duckdb"
        with duckdb.connect(str(path)) as con:
            con.execute("create schema lead")
            for name, select in TABLES.items():
                con.execute(f"create table lead.{name} as {select}")
        return path
    session = request.getfixturevalue("session")
    session.sql("create schema if not exists lead")
    for name, select in TABLES.items():
        session.sql(f"create table lead.{name} using parquet as {select}")
    return SparkTables(session)


def suite(*checks: Check, table: str = "leads") -> Suite:
    asked = [ROWS, *({"type": type_, "kwargs": kwargs} for type_, kwargs in checks)]
    return Suite.model_validate(
        {
            "suite": f"lead.{table}",
            "owner": "sales-ops",
            "layer": "lead",
            "table": table,
            "expectations": [
                {**one, "severity": "critical", "meta": {"why": "the test needs this expectation"}}
                for one in asked
            ],
        }
    )


def statuses(results: list[CheckResult]) -> list[str]:
    return [result.status for result in results]


def test_canary_true_passes_false_fails_and_erroring_is_an_error(engine: Any) -> None:
    checks = [(NOT_NULL, {"column": name}) for name in ("lead_id", "score", "no_such")]
    results = run_suite(engine, suite(*checks))
    assert statuses(results) == ["pass", "pass", "fail", "error"]
    assert results[2].unexpected_rows == 1
    assert len(blocking(results)) == 2


def test_canary_suite_without_expectations_is_refused_and_an_empty_table_fails(engine: Any) -> None:
    given = suite().model_dump() | {"expectations": []}
    with pytest.raises((ValueError, ConfigError)):
        run_suite(engine, Suite.model_validate(given))
    assert statuses(run_suite(engine, suite(table="nothing"))) == ["fail"]


def test_missing_table_is_an_error_in_every_expectation(engine: Any) -> None:
    results = run_suite(engine, suite((NOT_NULL, {"column": "lead_id"}), table="gone"))
    assert statuses(results) == ["error", "error"]


def test_values_of_a_column_without_one_value_fail(engine: Any) -> None:
    checks = [(NOT_NULL, {"column": "rating", "mostly": 0.1}), (IN_SET, {"column": "rating"})]
    checks[1][1]["value_set"] = [1, 2]
    assert statuses(run_suite(engine, suite(*checks))) == ["pass", "fail", "fail"]


CANARIES: list[tuple[Check, str]] = [
    ((UNIQUE, {"column": "lead_id"}), "pass"),
    ((UNIQUE, {"column": "status"}), "fail"),
    ((IN_SET, {"column": "status", "value_set": ["new", "valid"]}), "pass"),
    ((IN_SET, {"column": "status", "value_set": ["new"]}), "fail"),
    ((COMPOUND, {"column_list": ["lead_id", "kind"]}), "pass"),
    ((COMPOUND, {"column_list": ["status", "kind"]}), "fail"),
    ((LENGTHS, {"column": "lead_id", "value": 2}), "pass"),
    ((LENGTHS, {"column": "lead_id", "value": 3}), "fail"),
    ((BETWEEN, {"column": "score", "min_value": 10, "max_value": 20}), "pass"),
    ((BETWEEN, {"column": "score", "min_value": 10, "max_value": 19}), "fail"),
    (("expect_table_column_count_to_equal", {"value": 6}), "pass"),
    (("expect_table_column_count_to_equal", {"value": 3}), "fail"),
]


def test_canary_great_expectations_counts_alike(engine: Any) -> None:
    checks = [*THERE, (NOT_NULL, {"column": "score", "mostly": 0.5}), *(c for c, _ in CANARIES)]
    results = run_suite(engine, suite(*checks))
    assert statuses(results) == ["pass"] * 5 + [status for _, status in CANARIES]


QUERIES = {
    "select * from {batch} where regexp_matches(lead_id, '^L[12]$')": 2,
    "select * from {batch} where regexp_matches(status, '^v.{{3}}d$')": 1,
    "select l.lead_id from {batch} l inner join lead.leads r using (lead_id, kind)": 3,
    "select created_at from {batch} where created_at > timestamp '2026-03-02 15:59:59'": 1,
    "select status from {batch} where isodow(cast(created_at as date)) = 7 group by all": 1,
    "select count(*) as n from {batch} having count(*) > greatest(5, 0.01)": 0,
    "select lead_id from where": None,
}


def test_query_returns_the_rows_that_break_it_and_no_sql_is_an_error(engine: Any) -> None:
    checks = [(ROWS_OF, {"unexpected_rows_query": query}) for query in QUERIES]
    found = [(r.status, r.unexpected_rows) for r in run_suite(engine, suite(*checks))[1:]]
    wanted = [("error" if n is None else "fail" if n else "pass", n) for n in QUERIES.values()]
    assert found == wanted


def test_rows_are_judged_where_asked_and_keys_on_the_whole_table(engine: Any) -> None:
    there = (NOT_NULL, {"column": "kind"})
    asked = suite(there, (NOT_NULL, {"column": "score"}), (UNIQUE, {"column": "kind"}))
    found = run_suite(engine, asked, where="lead_id <> 'L3'")
    assert statuses(found) == ["pass", "pass", "pass", "fail"]
    found = run_suite(engine, asked, where="lead_id = 'L3'")
    assert statuses(found) == ["pass", "pass", "fail", "fail"]


def test_what_a_release_leaves_out_is_not_applicable(engine: Any) -> None:
    asked = suite((NOT_NULL, {"column": "score"}))
    results = run_suite(engine, asked, not_applicable=["score"])
    assert statuses(results) == ["pass", "not_applicable"]
