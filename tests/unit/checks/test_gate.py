"""The gates on real batches and real files."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from ingest_case import call_lines, drop, make_settings, take, write_source
from throughline.checks.gate import blocking, check_candidate, check_layer, judge_batch
from throughline.checks.results import CheckResult
from throughline.checks.suites import STAGES
from throughline.errors import ConfigError
from throughline.landing import InputBatch
from throughline.settings import Settings

DAY = date(2026, 3, 2)
CALLS = [f"C{n},out,1380013800{n},2026-03-02T10:0{n}:00,no_answer" for n in range(5)]


def land(settings: Settings, lines: Sequence[str], day: date = DAY) -> InputBatch:
    path = "{home}/drop/calls_{date}_{until}.csv"
    calls = {"way": "files", "path": path, "format": "csv", "empty_ok": True}
    source = write_source(settings, streams={"calls": calls}, reject_limit=0.2)
    drop(settings, f"calls_{day}_{day}.csv", call_lines(*lines))
    (batch,) = [b for b in take(settings, source, day) if b.window == str(day)]
    return batch


def status(results: list[CheckResult], word: str) -> list[str]:
    return [result.status for result in results if word in result.expectation]


def test_good_batch_passes(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    verdict, results = judge_batch(settings, land(settings, CALLS))
    assert verdict == "passed", [r for r in results if r.status != "pass"]
    assert {result.owner for result in results} == {"call-center"}
    assert status(results, "reject_rate") == ["pass"]


def test_batch_with_more_rejects_than_its_source_allows_is_held(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    # 2 of 7 rows have no known outcome: 0.286 > 0.2
    batch = land(settings, [*CALLS, "C8,out,1,2026-03-02T11:00:00,x", "C9,out,1,2026-03-02T11,y"])
    assert (batch.rows, batch.rejected) == (5, 2)
    verdict, results = judge_batch(settings, batch)
    assert verdict == "held"
    assert [r.expectation for r in blocking(results)] == ["reject_rate"]
    assert blocking(results)[0].observed == "2 of 7 rows rejected (28.57%)"


def test_empty_batch_is_held_where_the_suite_expects_rows(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    verdict, results = judge_batch(settings, land(settings, []))
    assert verdict == "held"
    assert status(results, "expect_table_row_count_to_be_between") == ["fail"]


def test_batch_whose_file_lost_a_row_is_held(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    batch = land(settings, CALLS)
    short = tmp_path / "short.parquet"
    duckdb.sql(f"copy (from '{batch.path}' limit 4) to '{short}' (format parquet)")
    verdict, results = judge_batch(settings, replace(batch, path=short))
    assert verdict == "held"
    assert [r.observed for r in blocking(results)] == ["4"]


def test_batch_with_a_column_too_many_or_too_few_is_held(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    batch = land(settings, CALLS)
    for number, columns in enumerate(["*, 1 as surprise", "* exclude (hangup_by)"]):
        other = tmp_path / f"other{number}.parquet"
        duckdb.sql(f"copy (select {columns} from '{batch.path}') to '{other}' (format parquet)")
        verdict, results = judge_batch(settings, replace(batch, path=other))
        assert verdict == "held"
        assert status(results, "expect_table_columns_to_match_set") == ["fail"]


def test_batch_whose_file_is_gone_or_torn_is_held(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    batch = land(settings, CALLS)
    torn = tmp_path / "torn.parquet"
    torn.write_bytes(batch.path.read_bytes()[:-20])
    for path in (torn, tmp_path / "gone.parquet"):
        verdict, results = judge_batch(settings, replace(batch, path=path))
        assert verdict == "held"
        found = {r.status for r in results if not r.expectation.startswith(("expect_batch", "rej"))}
        assert found - {"not_applicable"} == {"error"}


CALL_SUITE = """
suite: input.cdr
owner: call-center
expectations:
  - {type: expect_table_row_count_to_be_between, kwargs: {min_value: 1}, severity: critical,
     meta: {why: a day has calls}}
  - {type: expect_column_values_to_not_be_null, kwargs: {column: queue_seconds, mostly: 0.01},
     severity: warning, meta: {why: the queue is measured}}
  - {type: expect_column_values_to_be_between, kwargs: {column: queue_seconds, max_value: 9000},
     severity: critical, meta: {why: nobody waits for hours}}
  - {type: expect_batch_rows_like_same_weekday, severity: warning, meta: {why: weeks are alike},
     kwargs: {enough: 4, most: 12, deviations: 5, within: 0.4, at_least: 50}}
  - {type: expect_batch_rejects_to_be_few, severity: warning, meta: {why: a rate is told},
     kwargs: {max_rows: 100, max_share: 0.001, ignored: 5}}
  - {type: expect_batch_dates_to_reach_window_end, kwargs: {max_days_behind: 2},
     severity: warning, meta: {why: days go on}}
"""


def test_checks_of_a_column_that_the_mapping_does_not_deliver_are_not_applicable(
    tmp_path: Path,
) -> None:
    settings = make_settings(tmp_path)
    batch = land(settings, CALLS)
    assert "queue_seconds" in batch.undelivered and "outcome" not in batch.undelivered
    (tmp_path / "suites" / "input").mkdir(parents=True)
    (tmp_path / "suites" / "input" / "cdr.yml").write_text(CALL_SUITE, encoding="utf-8")
    verdict, results = judge_batch(settings, batch, tmp_path / "suites")
    assert verdict == "passed"
    assert status(results, "values_to_be_between") == ["not_applicable"]
    # The same rows from a mapping that delivers the column without one value: nothing to trust.
    verdict, results = judge_batch(settings, replace(batch, undelivered=()), tmp_path / "suites")
    assert verdict == "held"
    assert status(results, "values_to_be_between") == ["fail"]


def test_readable_phone_number_in_a_batch_is_held(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    batch = land(settings, CALLS)
    leak = tmp_path / "leak.parquet"
    duckdb.sql(
        f"copy (select * replace ('13800138000' as caller_hash) from '{batch.path}')"
        f" to '{leak}' (format parquet)"
    )
    verdict, results = judge_batch(settings, replace(batch, path=leak))
    assert verdict == "held"
    assert [r.expected for r in blocking(results)] == ["no readable phone number in caller_hash"]


def test_batch_whose_newest_row_lies_days_before_its_window_ends_is_a_warning(
    tmp_path: Path,
) -> None:
    settings = make_settings(tmp_path)
    verdict, results = judge_batch(settings, land(settings, CALLS))
    assert status(results, "dates_to_reach_window_end") == ["pass"]
    verdict, results = judge_batch(settings, land(settings, CALLS, DAY + timedelta(days=5)))
    assert verdict == "passed"
    assert status(results, "dates_to_reach_window_end") == ["fail"]


def test_entity_without_a_suite_is_not_judged_at_all(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    with pytest.raises(ConfigError, match=r"expectations/input/cdr\.yml does not exist"):
        judge_batch(settings, land(settings, CALLS), suites=tmp_path)


SUITE = """suite: {name}
owner: sales-ops
expectations:
  - type: expect_table_row_count_to_be_between
    kwargs: {{min_value: 1}}
    severity: critical
    meta: {{why: an empty table is a failed load}}
  - type: expect_column_values_to_not_be_null
    kwargs: {{column: {column}}}
    severity: critical
    meta: {{why: the key names the row}}
"""
STAGE_RULES = """  - type: expect_table_rows_like_releases
    kwargs: {enough: 4, most: 12, deviations: 8, within: 0.3, at_least: 50}
    severity: warning
    meta: {why: a table grows by a day a night}
  - type: unexpected_rows_expectation
    kwargs:
      unexpected_rows_query: select 1 from {batch} cross join audit.table_freshness
    severity: warning
    meta: {why: tables end where their data end}
"""


def write_suites(folder: Path, **columns: str) -> Path:
    for name, column in columns.items():
        layer, _, table = name.partition("__")
        path = folder / layer / f"{table}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        rules = STAGE_RULES if layer in STAGES[:-1] else ""
        path.write_text(SUITE.format(name=f"{layer}.{table}", column=column) + rules)
    return folder


def write_work_file(path: Path, *statements: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        for statement in ("create schema input", "create schema staging", *statements):
            connection.execute(statement)
    return path


def test_staging_of_an_entity_without_input_is_not_applicable(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    suites = write_suites(tmp_path / "suites", staging__stg_cdr="call_id", staging__stg_lead="id")
    work = write_work_file(
        tmp_path / "work.duckdb",
        "create view input.cdr as select 'C1' as call_id where false",
        "create view input.lead as select 'L1' as id",
        "create table staging.stg_cdr (call_id varchar)",
        "create table staging.stg_lead (id varchar)",
    )
    results = check_layer(settings, "staging", work, suites=suites)
    assert [(r.table_name, r.status) for r in results] == [
        ("stg_cdr", "not_applicable"),
        ("stg_cdr", "not_applicable"),
        ("stg_lead", "fail"),
        ("stg_lead", "pass"),
    ]
    assert len(blocking(results)) == 1


def test_incremental_model_is_judged_on_touched_dates_and_counted_whole(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    suites = write_suites(tmp_path / "suites", core__fct_pageview="event_id")
    work = write_work_file(
        tmp_path / "work.duckdb",
        "create schema core",
        "create table core.fct_pageview as select * from (values"
        " (null, date '2026-03-01'), ('E2', date '2026-03-02')) t (event_id, business_date)",
    )

    def judged(touched: dict[str, list[date]] | None) -> list[str]:
        return [r.status for r in check_layer(settings, "core", work, touched, suites)]

    assert judged(None) == ["pass", "fail"]
    assert judged({}) == ["pass", "fail"]
    assert judged({"fct_pageview": [DAY]}) == ["pass", "pass"]
    assert judged({"fct_pageview": [date(2026, 3, 1), DAY]}) == ["pass", "fail"]
    # a day that became empty, and a night that touched nothing
    assert judged({"fct_pageview": [date(2026, 3, 9)]}) == ["pass", "pass"]
    assert judged({"fct_pageview": []}) == ["pass", "pass"]


def test_key_repeated_on_a_day_that_was_not_touched_is_found(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    suites = write_suites(tmp_path / "suites", core__fct_pageview="event_id")
    path = suites / "core" / "fct_pageview.yml"
    unique = SUITE.split("  - type: ")[2].replace("to_not_be_null", "to_be_unique")
    path.write_text(path.read_text() + "  - type: " + unique.format(column="event_id"))
    work = write_work_file(
        tmp_path / "work.duckdb",
        "create schema core",
        "create table core.fct_pageview as select * from (values"
        " ('E1', date '2026-03-01'), ('E1', date '2026-03-02')) t (event_id, business_date)",
    )
    results = check_layer(settings, "core", work, {"fct_pageview": [DAY]}, suites)
    assert [r.status for r in results] == ["pass", "pass", "fail"]


def test_work_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    suites = write_suites(tmp_path / "suites", core__fct_pageview="event_id")
    results = check_layer(settings, "core", tmp_path / "no-such.duckdb", suites=suites)
    assert [r.status for r in results] == ["error", "error"]


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    path = tmp_path / "2026-03-02-abc.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create schema lead; create table lead.leads as select 'L1' as lead_id, null as score"
        )
    return path


def criticals(results: list[CheckResult], layer: str) -> list[CheckResult]:
    return [r for r in results if r.layer == layer and r.severity == "critical"]


def stage_suites(folder: Path, **columns: str) -> Path:
    """Suites for every stage, so that none is missing; only `lead` is looked at here."""
    stages = ("acquisition", "opportunity", "payment", "success", "journey", "audit")
    return write_suites(folder, **{f"{stage}__nothing": "x" for stage in stages}, **columns)


def test_table_missing_from_the_candidate_is_an_error(tmp_path: Path, candidate: Path) -> None:
    settings = make_settings(tmp_path)
    suites = stage_suites(tmp_path / "suites", lead__leads="lead_id", lead__call_daily="date")
    results = check_candidate(settings, candidate, set(), {}, suites)
    found = {r.table_name: r.status for r in criticals(results, "lead")}
    assert found == {"leads": "pass", "call_daily": "error"}
    assert {r.status for r in results if r.table_name == "nothing"} == {"error"}


def test_what_the_release_leaves_out_is_not_applicable(tmp_path: Path, candidate: Path) -> None:
    settings = make_settings(tmp_path)
    suites = stage_suites(tmp_path / "suites", lead__leads="score", lead__call_daily="date")
    left_out = {"lead.call_daily": {"cdr"}, ("lead.leads", "score"): {"cdr"}}
    results = check_candidate(settings, candidate, {"cdr"}, left_out, suites)
    found = [(r.table_name, r.status) for r in criticals(results, "lead")]
    assert found == [
        ("call_daily", "not_applicable"),
        ("call_daily", "not_applicable"),
        ("leads", "pass"),
        ("leads", "not_applicable"),
    ]


def test_stage_without_suites_is_a_configuration_error(tmp_path: Path, candidate: Path) -> None:
    settings = make_settings(tmp_path)
    suites = stage_suites(tmp_path / "suites", lead__leads="lead_id")
    shutil.rmtree(suites / "payment")
    with pytest.raises(ConfigError, match="expectations/payment holds no suites"):
        check_candidate(settings, candidate, set(), {}, suites)
