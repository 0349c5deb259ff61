"""Deletes over every way in: what a weekly sweep of all keys finds, lands and leaves alone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_httpserver import HTTPServer

import delete_case as deletes
import ingest_case as case
from delete_case import FIRST, SUNDAY, WAYS, Vendor, begun, ids, swept
from throughline.extract import extract_source
from throughline.landing import input_batches, landed, live_batches, set_verdict

MONDAY = SUNDAY + timedelta(days=1)


@pytest.fixture
def make(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Vendor]:
    def build(way: str, name: str = "one", **sweep: Any) -> Vendor:
        (tmp_path / name).mkdir()
        return deletes.vendor(
            way,
            tmp_path / name,
            httpserver,
            monkeypatch,
            lambda: request.getfixturevalue("postgres_url"),
            **sweep,
        )

    return build


@pytest.mark.parametrize("way", WAYS)
def test_a_sweep_finds_what_is_gone_and_what_came_back(make, way: str) -> None:
    vendor = begun(make(way))
    vendor.drop(2, 5)
    vendor.put(7, SUNDAY - timedelta(days=1))
    assert vendor.night(SUNDAY - timedelta(days=1)) == ([], [])
    assert swept(vendor) == []  # a Saturday: not due
    found = vendor.night(SUNDAY)
    assert found == (["sweep of lead: 2 gone, 0 back, 2 gone in all, 5 there"], [])
    assert swept(vendor) == [(SUNDAY, 2)]
    assert vendor.counted(SUNDAY) == ids(1, 3, 4, 6, 7)
    assert vendor.counted(SUNDAY - timedelta(days=1)) == ids(1, 2, 3, 4, 5, 6, 7)
    vendor.put(2, FIRST)  # back as it was, without a new change: no cursor shows it
    vendor.drop(3)
    vendor.night(MONDAY)
    assert swept(vendor) == [(SUNDAY, 2)]
    found = vendor.night(SUNDAY + timedelta(days=7))
    assert found == (["sweep of lead: 1 gone, 1 back, 2 gone in all, 5 there"], [])
    assert vendor.counted(SUNDAY + timedelta(days=7)) == ids(1, 2, 4, 6, 7)
    assert vendor.counted(MONDAY) == ids(1, 3, 4, 6, 7)  # what was known then


@pytest.mark.parametrize("way", WAYS)
def test_a_row_that_comes_back_changed_lives_at_once_and_can_go_again(make, way: str) -> None:
    vendor = begun(make(way))
    vendor.drop(2)
    vendor.night(SUNDAY)
    vendor.put(2, MONDAY)
    vendor.night(MONDAY)
    assert vendor.counted(MONDAY) == ids(1, 2, 3, 4, 5, 6)
    vendor.drop(2)
    vendor.night(SUNDAY + timedelta(days=7))
    assert vendor.counted(SUNDAY + timedelta(days=7)) == ids(1, 3, 4, 5, 6)


@pytest.mark.parametrize("way", WAYS)
def test_a_second_sweep_of_a_night_lands_nothing(make, way: str) -> None:
    vendor = begun(make(way))
    vendor.drop(2)
    vendor.night(SUNDAY)
    before = {path: path.stat().st_mtime_ns for path in vendor.settings.input.rglob("*")}
    vendor.night(SUNDAY)
    assert {p: p.stat().st_mtime_ns for p in vendor.settings.input.rglob("*")} == before
    assert swept(vendor) == [(SUNDAY, 1)]


def test_two_homes_that_sweep_the_same_land_the_same(make) -> None:
    found = []
    for name in ("one", "two"):
        vendor = begun(make("database", name))
        vendor.drop(2, 4)
        vendor.night(SUNDAY)
        (manifest,) = landed(vendor.settings, "vendor", "lead_swept")
        path = manifest.folder(vendor.settings) / "gone.parquet"
        found.append((manifest.batch, case.rows(path)))
    end = datetime(2026, 3, 8, 15, 59, 59, 999999, tzinfo=UTC)
    assert found[0] == found[1] and found[0][1] == [("L0002", end), ("L0004", end)]


@pytest.mark.parametrize("way", WAYS)
def test_a_sweep_that_would_delete_too_much_deletes_nothing_and_says_what_to_do(
    make, way: str
) -> None:
    vendor = begun(make(way, max_share=0.3, allowed_rows=1))
    vendor.drop(1, 2)
    _, (said,) = vendor.night(SUNDAY)
    assert swept(vendor) == []
    assert "2 of 6 lead rows are not in the source any more" in said and "raise max_share" in said
    assert vendor.counted(SUNDAY) == ids(1, 2, 3, 4, 5, 6)
    vendor.put(1, FIRST)
    assert vendor.night(MONDAY)[1] == []  # tried again each night until it is swept
    assert swept(vendor) == [(MONDAY, 1)]
    assert vendor.counted(MONDAY) == ids(1, 3, 4, 5, 6)


@pytest.mark.parametrize("way", WAYS)
def test_a_source_without_any_key_deletes_nothing(make, way: str) -> None:
    vendor = begun(make(way, max_share=1, allowed_rows=100))
    vendor.drop(1, 2, 3, 4, 5, 6)
    _, (said,) = vendor.night(SUNDAY)
    assert "holds no key at all, of 6 lead rows" in said
    assert vendor.counted(SUNDAY) == ids(1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("way", ["database", "rest"])
def test_a_row_that_changed_within_the_lag_is_left_alone(make, way: str) -> None:
    vendor = begun(make(way, lag_hours=24 * 365 * 100))
    vendor.drop(2)
    assert vendor.night(SUNDAY)[1] == []
    assert swept(vendor) == [(SUNDAY, 0)]
    assert vendor.counted(SUNDAY) == ids(1, 2, 3, 4, 5, 6)


def test_rows_newer_than_a_list_of_keys_less_its_lag_are_left_alone(make) -> None:
    vendor = begun(make("files", lag_hours=24))
    vendor.put(7, SUNDAY - timedelta(days=1))
    vendor.night(SUNDAY - timedelta(days=1))
    vendor.put(8, SUNDAY)
    vendor.show(vendor, SUNDAY)
    stale = "lead_id\n" + "".join(f"{name}\n" for name in ids(1, 2, 3, 4, 5))
    case.drop(vendor.settings, f"keys_{SUNDAY}.csv", stale)
    found = deletes.night(vendor.settings, MONDAY)  # Sunday's night was left out
    assert found == (["sweep of lead: 1 gone, 0 back, 1 gone in all, 5 there"], [])
    assert vendor.counted(MONDAY) == ids(1, 2, 3, 4, 5, 7, 8)


def test_keys_in_no_file_this_week_delete_nothing(make) -> None:
    vendor = begun(make("files"))
    for path in (vendor.settings.home / "drop").glob("keys_*"):
        path.unlink()
    vendor.show = lambda vendor, as_of: None
    _, (said,) = vendor.night(SUNDAY + timedelta(days=14))
    assert "brought no list of all keys since 2026-03-16" in said


@pytest.mark.parametrize("way", WAYS)
def test_a_withdrawn_sweep_brings_its_rows_back_and_is_done_anew(make, way: str) -> None:
    vendor = begun(make(way))
    vendor.drop(2)
    vendor.night(SUNDAY)
    (batch,) = [b for b in live_batches(vendor.settings, SUNDAY) if b.window == "swept"]
    assert (batch.deletes, batch.rows, batch.bare) == (True, 1, 1)
    set_verdict(vendor.settings, batch.batch_id, "withdrawn", "anna", "it was too early")
    assert vendor.counted(SUNDAY) == ids(1, 2, 3, 4, 5, 6)
    vendor.night(MONDAY)
    assert vendor.counted(MONDAY) == ids(1, 3, 4, 5, 6)


def test_an_older_night_run_late_sweeps_nothing(make) -> None:
    vendor = begun(make("database"))
    vendor.night(MONDAY)  # due since Sunday, so this one sweeps
    vendor.drop(2)
    vendor.night(SUNDAY)
    assert swept(vendor) == [(MONDAY, 0)]
    assert vendor.counted(MONDAY) == ids(1, 2, 3, 4, 5, 6)


def test_every_row_of_a_sweep_is_counted(make) -> None:
    vendor = begun(make("database"))
    vendor.drop(2, 3)
    vendor.show(vendor, SUNDAY)
    report = extract_source(vendor.settings, "vendor", SUNDAY)
    (batch,) = [b for b in input_batches(vendor.settings) if b.deletes]
    assert report.status == "ok" and batch.batch_id in report.batches and batch.status == "passed"
    assert "sweep of lead: 2 gone, 0 back, 2 gone in all, 4 there" in report.notes
    assert (batch.rows_read, batch.rows, batch.rejected, batch.not_mapped) == (2, 2, 0, 0)


LEADS_SQL = """
select
    _file, _row, 'crm-' || id as lead_id, made as created_at, 'new' as status, made as updated_at,
    survivor as merged_into_id
from leads
"""
STEPS_SQL = """
select
    _file, _row, 'crm-' || lead as lead_id, made as changed_at, 'new' as status,
    changed as updated_at
from steps
"""


def test_keys_of_several_fields_are_cast_like_rows_and_merged_rows_are_left_alone(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR", postgres_url)
    connection = psycopg.connect(postgres_url, autocommit=True)
    connection.execute(
        "drop schema if exists swept cascade; create schema swept;"
        "create table swept.leads as select n as id, '2026-03-04 10:00'::timestamp as made,"
        " case when n = 2 then 'crm-1' end as survivor from generate_series(1, 3) as n;"
        "create table swept.steps as select 1 as lead, '2026-03-04 10:00'::timestamp"
        " + interval '1 hour' * n as made, null::timestamptz as changed"
        " from generate_series(1, 3) as n"
    )
    settings = case.make_settings(tmp_path)
    table = {"way": "database", "connection": "vendor", "lag_hours": 0}
    keys = {"lead_id": "'crm-' || id"}
    case.write_source(
        settings,
        "vendor",
        {
            "leads": {**table, "table": "swept.leads", "key": ["id"], "cursor": "made"},
            "steps": {**table, "table": "swept.steps", "key": ["lead", "made"], "cursor": "made"},
        },
        {"lead": LEADS_SQL, "lead_status_history": STEPS_SQL},
        {
            "lead": {"streams": ["leads"], "sweep": {"weekday": "sunday", "keys": keys}},
            "lead_status_history": {
                "streams": ["steps"],
                "sweep": {"weekday": "sunday", "keys": {"lead_id": "'crm-' || lead"}},
            },
        },
        domain="crm",
    )
    deletes.night(settings, FIRST)
    connection.execute(
        "delete from swept.leads where id > 1;"
        " delete from swept.steps where made > '2026-03-04 12:30'"
    )
    notes, errors = deletes.night(settings, SUNDAY)
    assert errors == [] and [note.split(": ")[1][:7] for note in notes] == ["1 gone,", "1 gone,"]
    gone = [
        case.rows(batch.path, "lead_id")
        for batch in live_batches(settings, SUNDAY)
        if batch.window == "swept"
    ]
    assert gone == [[("crm-3",)], [("crm-1",)]]
    left = [batch for batch in live_batches(settings, SUNDAY) if batch.entity != "lead"]
    assert case.rows(left[-1].path, "changed_at, updated_at") == [
        (
            datetime(2026, 3, 4, 5, tzinfo=UTC),
            None,
        )  # 13:00 in Shanghai; no row said when it changed
    ]
