from datetime import date
from pathlib import Path

import ingest_case as case
from throughline.extract import (
    extract_domain,
    extract_source,
    finish_domain,
    replay_source,
    sources_of,
)
from throughline.landing import input_batches, live_batches, read_outcome, set_verdict
from throughline.landing.reports import read_report
from throughline.settings import Settings

D1, D2 = date(2026, 3, 1), date(2026, 3, 2)


def day(number: int, good: int = 120, bad: int = 0) -> str:
    at = f"2026-03-{number:02d} 10:00:00"
    lines = [f"{number}-{n},in,13800138000,{at},missed" for n in range(good)]
    return case.call_lines(*lines, *(f"{number}-x{n},up,,{at},missed" for n in range(bad)))


def prepared(tmp_path: Path) -> Settings:
    settings = case.make_settings(tmp_path)
    case.write_source(settings)
    case.drop(settings, "calls_2026-03-01.csv", day(1))
    return settings


def test_extract_lands_conforms_and_judges_and_a_second_time_does_nothing(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    assert extract_domain(settings, "calls", D1).status == "ok"
    before = {path: path.stat().st_mtime_ns for path in settings.input.rglob("*")}
    assert extract_domain(settings, "calls", D1).status == "ok"
    assert {path: path.stat().st_mtime_ns for path in settings.input.rglob("*")} == before
    (batch,) = live_batches(settings, D1)
    assert (batch.rows, batch.status, batch.domain) == (120, "passed", "calls")
    assert read_outcome(settings, "calls", D1).batches == [batch.batch_id]


def test_extract_report_tells_the_seconds_of_each_part(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    report = extract_source(settings, "phones", D1)
    assert set(report.seconds) == {"land", "conform", "checks"}
    assert all(seconds > 0 for seconds in report.seconds.values())
    assert read_report(settings, "phones", D1) == report


def test_extract_too_many_rejects_hold_the_batch_until_somebody_releases_it(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    case.drop(settings, "calls_2026-03-01.csv", day(1, bad=2))
    outcome = extract_domain(settings, "calls", D1)
    (batch,) = input_batches(settings)
    # 2 of 122 rows are 1.64 %, over the limit of 1 %.
    assert (outcome.status, batch.status) == ("held", "held")
    assert batch.batch_id in outcome.detail
    assert live_batches(settings, D1) == []
    set_verdict(settings, batch.batch_id, "passed", "anna", "two known test calls")
    assert extract_domain(settings, "calls", D1).status == "ok"
    assert [live.batch_id for live in live_batches(settings, D1)] == [batch.batch_id]


def test_extract_broken_file_fails_the_domain_and_the_rest_goes_on(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    case.drop(settings, "calls_2026-03-02.csv", day(2)[:-3])
    report = extract_source(settings, "phones", D2)
    assert report.status == "failed" and "may be cut" in report.errors[0]
    outcome = finish_domain(settings, "calls", D2)
    assert outcome.status == "failed" and "may be cut" in outcome.detail
    assert [batch.window for batch in live_batches(settings, D2)] == ["2026-03-01"]


def test_extract_name_without_a_date_fails_the_domain_and_the_rest_goes_on(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    case.drop(settings, "calls_2026-02-30.csv", day(2))
    case.drop(settings, "._calls_2026-03-01.csv", "left by an operating system")
    report = extract_source(settings, "phones", D1)
    (error,) = report.errors
    assert report.status == "failed" and "calls_2026-02-30.csv: matches" in error
    assert [batch.window for batch in live_batches(settings, D1)] == ["2026-03-01"]


def test_extract_broken_mapping_fails_the_domain_and_names_it(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    case.write_source(settings, mappings={"cdr": "select nothing from calls"})
    outcome = extract_domain(settings, "calls", D1)
    assert outcome.status == "failed" and "phones/cdr.sql" in outcome.detail


def test_extract_missing_column_fails_the_domain_and_keeps_what_was_there(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    extract_domain(settings, "calls", D1)
    case.drop(settings, "calls_2026-03-02.csv", day(2).replace("outcome", "result"))
    outcome = extract_domain(settings, "calls", D2)
    assert outcome.status == "failed" and '"outcome"' in outcome.detail
    assert [batch.window for batch in live_batches(settings, D2)] == ["2026-03-01"]


def test_extract_source_that_did_not_end_fails_the_domain(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    assert finish_domain(settings, "calls", D1).status == "failed"
    extract_source(settings, "phones", D1)
    assert finish_domain(settings, "calls", D1).status == "ok"
    assert finish_domain(settings, "calls", D1, failed=["phones"]).status == "failed"


def test_extract_changed_mapping_is_applied_to_every_window(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    case.drop(settings, "calls_2026-03-02.csv", day(2))
    extract_domain(settings, "calls", D2)
    sql = case.CALLS_SQL.replace("outcome\n", "outcome, 'a1' as agent_id\n")
    case.write_source(settings, mappings={"cdr": sql})
    extract_domain(settings, "calls", D2)
    live = live_batches(settings, D2)
    assert [batch.window for batch in live] == ["2026-03-01", "2026-03-02"]
    assert {row for batch in live for row in case.rows(batch.path, "agent_id")} == {("a1",)}
    assert len(input_batches(settings)) == 4


def test_replay_after_a_mended_mapping_accepts_what_was_rejected(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    case.drop(settings, "calls_2026-03-01.csv", day(1, bad=2))
    assert extract_domain(settings, "calls", D1).status == "held"
    # The rejected rows call an incoming call "up"; the mended mapping knows the word.
    sql = case.CALLS_SQL.replace(" direction,", " replace(direction, 'up', 'in') as direction,")
    case.write_source(settings, mappings={"cdr": sql})
    (batch,) = replay_source(settings, "phones")
    assert (batch.rows, batch.rejected, batch.status) == (122, 0, "passed")
    assert [live.batch_id for live in live_batches(settings, D1)] == [batch.batch_id]
    (again,) = replay_source(settings, "phones", "2026-03-01")
    assert again.batch_id == batch.batch_id


def test_extract_duplicate_file_is_told_in_the_outcome(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    case.drop(settings, "calls_2026-03-02.csv", day(1))
    outcome = extract_domain(settings, "calls", D2)
    assert "2026-03-02" in outcome.detail and "is the same as 2026-03-01" in outcome.detail


def test_extract_nights_out_of_order_see_their_own_files(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    case.drop(settings, "calls_2026-03-02.csv", day(2))
    extract_domain(settings, "calls", D2)
    assert live_batches(settings, D1) == []
    later = live_batches(settings, D2)
    extract_domain(settings, "calls", D1)
    assert [batch.window for batch in live_batches(settings, D1)] == ["2026-03-01"]
    assert [b.batch_id for b in live_batches(settings, D2)] == [b.batch_id for b in later]
    assert len(input_batches(settings)) == 2


def test_extract_finds_the_sources_of_a_domain(tmp_path: Path) -> None:
    settings = prepared(tmp_path)
    assert [source.name for source in sources_of(settings, "calls")] == ["phones"]
    assert sources_of(settings, "crm") == []
