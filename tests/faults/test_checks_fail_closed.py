"""P15: whatever keeps an expectation from being judged, it never passes."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from throughline.checks.engine import run_suite
from throughline.checks.results import CheckResult, blocking
from throughline.checks.suites import Expectation, Suite, read_suite
from throughline.errors import ConfigError

pytestmark = pytest.mark.fail_open

ROWS = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}
NOT_NULL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "lead_id"}}


def expectation(given: dict, severity: str = "critical") -> dict:
    return {**given, "severity": severity, "meta": {"why": "the test needs this expectation"}}


def suite(*expectations: dict, table: str = "leads") -> Suite:
    return Suite.model_validate(
        {
            "suite": f"lead.{table}",
            "owner": "sales-ops",
            "layer": "lead",
            "table": table,
            "expectations": [expectation(e) for e in (ROWS, *expectations)],
        }
    )


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Three leads, one of them without a score; a column that is wholly NULL; an empty table."""
    path = tmp_path / "release-1.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema lead;
            create table lead.leads as
            select *, 'form' as kind
            from (values ('L1', 10, 'new'), ('L2', 20, 'valid'), ('L3', null, 'new'))
                as leads (lead_id, score, status);
            alter table lead.leads add column rating integer;
            create table lead.nothing as from lead.leads limit 0;
            """
        )
    return path


def only(results: list[CheckResult], word: str) -> CheckResult:
    (found,) = [r for r in results if word in r.expectation]
    return found


def test_canary_true_passes_false_fails_and_erroring_is_an_error(database: Path) -> None:
    results = run_suite(
        database,
        suite(
            NOT_NULL,
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "score"}},
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "no_such"}},
        ),
    )
    assert only(results, "[lead_id]").status == "pass"
    assert only(results, "[score]").status == "fail"
    assert only(results, "[score]").unexpected_rows == 1
    assert only(results, "[no_such]").status == "error"
    assert [r.status for r in results] == ["pass", "pass", "fail", "error"]
    assert len(blocking(results)) == 2


@pytest.mark.parametrize(
    ("type_", "kwargs", "status"),
    [
        ("expect_column_values_to_be_unique", {"column": "lead_id"}, "pass"),
        ("expect_column_values_to_be_unique", {"column": "status"}, "fail"),
        ("expect_compound_columns_to_be_unique", {"column_list": ["lead_id", "status"]}, "pass"),
        ("expect_compound_columns_to_be_unique", {"column_list": ["status", "kind"]}, "fail"),
        ("expect_column_values_to_be_in_set", {"column": "status", "value_set": ["new"]}, "fail"),
        ("expect_column_mean_to_be_between", {"column": "score", "max_value": 15}, "pass"),
        ("expect_column_mean_to_be_between", {"column": "score", "max_value": 14}, "fail"),
        ("expect_column_max_to_be_between", {"column": "score", "max_value": 19}, "fail"),
        ("expect_table_column_count_to_equal", {"value": 5}, "pass"),
        ("expect_table_column_count_to_equal", {"value": 3}, "fail"),
    ],
)
def test_canary_great_expectations_counts_on_duckdb(
    database: Path, type_: str, kwargs: dict, status: str
) -> None:
    status_is_there = {"type": NOT_NULL["type"], "kwargs": {"column": "status"}}
    kind_is_there = {"type": NOT_NULL["type"], "kwargs": {"column": "kind"}}
    asked = suite(NOT_NULL, status_is_there, kind_is_there, {"type": type_, "kwargs": kwargs})
    assert [r.status for r in run_suite(database, asked)] == ["pass"] * 4 + [status]


def test_canary_query_returns_the_rows_that_break_it(database: Path) -> None:
    query = "select * from {batch} where regexp_matches(lead_id, '^L[12]$')"
    result = run_suite(
        database,
        suite({"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}}),
    )[1]
    assert (result.status, result.unexpected_rows) == ("fail", 2)


@pytest.mark.parametrize(
    "query",
    [
        "select leads.lead_id from {batch} as leads where leads.score > 15",
        "select l.lead_id from {batch} l inner join {batch} r using (lead_id) where l.score > 15",
        "with b as (from {batch}) select lead_id from b where score > (select min(score) from b)",
        "from {batch} where regexp_matches(status, '^v.{{3}}d$')",
        "select count(*) from {batch} where score > 15 having count(*) > 0",
    ],
)
def test_canary_query_may_name_the_relation_as_it_likes(
    database: Path, query: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}}
    result = run_suite(database, suite(asked))[1]
    assert (result.status, result.unexpected_rows) == ("fail", 1)
    assert capsys.readouterr().out == ""


def test_empty_suite_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "expectations" / "lead" / "leads.yml"
    path.parent.mkdir(parents=True)
    path.write_text("suite: lead.leads\nowner: sales-ops\nexpectations: []\n")
    with pytest.raises(ConfigError, match=r"expectations/lead/leads\.yml[^$]*expectations: "):
        read_suite(path)


def test_empty_table_fails_its_row_count(database: Path) -> None:
    results = run_suite(database, suite(NOT_NULL, table="nothing"))
    assert results[0].status == "fail"
    assert blocking(results)


@pytest.mark.parametrize(
    ("type_", "kwargs"),
    [
        ("expect_column_values_to_be_between", {"column": "rating", "min_value": 1}),
        ("expect_column_values_to_be_in_set", {"column": "rating", "value_set": [1, 2]}),
        ("expect_column_values_to_be_unique", {"column": "rating"}),
        ("expect_column_distinct_values_to_be_in_set", {"column": "rating", "value_set": [1]}),
    ],
)
def test_column_of_nulls_fails_every_check_of_its_values(
    database: Path, type_: str, kwargs: dict
) -> None:
    companion = {
        "type": NOT_NULL["type"],
        "kwargs": {"column": "rating", "mostly": 0.01},
    }
    results = run_suite(database, suite(companion, {"type": type_, "kwargs": kwargs}))
    assert [r.status for r in results] == ["pass", "fail", "fail"]


def test_column_of_nulls_passes_where_the_suite_says_so(database: Path) -> None:
    companion = {"type": NOT_NULL["type"], "kwargs": {"column": "rating", "mostly": 0}}
    check = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "rating", "min_value": 1},
    }
    results = run_suite(database, suite(companion, check))
    assert [r.status for r in results] == ["pass", "pass", "pass"]


def test_missing_table_is_an_error_for_every_expectation(database: Path) -> None:
    results = run_suite(database, suite(NOT_NULL, table="no_such"))
    assert [r.status for r in results] == ["error", "error"]
    assert "no_such" in results[0].observed


def test_missing_column_does_not_hide_the_other_results(database: Path) -> None:
    gone = {"type": NOT_NULL["type"], "kwargs": {"column": "gone"}}
    check = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "gone", "min_value": 1},
    }
    results = run_suite(database, suite(NOT_NULL, gone, check))
    assert [r.status for r in results] == ["pass", "pass", "error", "error"]


@pytest.mark.parametrize(
    ("type_", "kwargs"),
    [
        ("expect_column_values_to_be_lovely", {}),
        ("expect_table_column_count_to_equal", {"no_such_argument": 1}),
        ("unexpected_rows_expectation", {"unexpected_rows_query": "selec * from {batch}"}),
        ("unexpected_rows_expectation", {"unexpected_rows_query": "from {batch} join x.y on 1"}),
        ("expect_column_values_to_match_regex", {"column": "lead_id", "regex": "^L"}),
    ],
)
def test_expectation_that_cannot_be_judged_is_an_error(
    database: Path, type_: str, kwargs: dict
) -> None:
    results = run_suite(database, suite(NOT_NULL, {"type": type_, "kwargs": kwargs}))
    assert [r.status for r in results] == ["pass", "pass", "error"]
    assert results[2].observed


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    results = run_suite(tmp_path / "no-such.duckdb", suite(NOT_NULL))
    assert [r.status for r in results] == ["error", "error"]


def test_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "torn.duckdb"
    path.write_bytes(os.urandom(8192))
    results = run_suite(path, suite(NOT_NULL))
    assert [r.status for r in results] == ["error", "error"]


def test_file_locked_by_a_writer_is_an_error_and_judged_once_it_is_free(database: Path) -> None:
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "held\n"
        locked = run_suite(database, suite(NOT_NULL))
        writer.communicate("\n")
    assert [r.status for r in locked] == ["error", "error"]
    assert "lock" in locked[0].observed.lower()
    assert [r.status for r in run_suite(database, suite(NOT_NULL))] == ["pass", "pass"]


def test_error_in_one_suite_leaves_the_next_one_unharmed(database: Path) -> None:
    run_suite(database, suite(NOT_NULL, table="no_such"))
    assert [r.status for r in run_suite(database, suite(NOT_NULL))] == ["pass", "pass"]


def test_every_declared_expectation_has_exactly_one_result(database: Path) -> None:
    extra = [
        Expectation.model_validate(
            expectation({"type": "expect_table_column_count_to_equal", "kwargs": {"value": n}})
        )
        for n in range(1, 40)
    ]
    results = run_suite(database, suite(NOT_NULL), extra=extra)
    assert len(results) == len({r.expectation for r in results}) == 41
    # five columns: one of the 39 guesses is right
    assert sum(r.status == "fail" for r in results) == 38
