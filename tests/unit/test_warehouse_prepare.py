from datetime import timedelta
from pathlib import Path

import pytest

from night_case import DAY, make_home, outcomes, put, rows_of
from small_company import at, pageview
from throughline import landing
from throughline.errors import BuildError
from throughline.settings import Settings
from throughline.warehouse import connect, plan, prepare
from throughline.warehouse.prepare import finish_attempt

BEFORE, NEXT = DAY - timedelta(days=1), DAY + timedelta(days=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_home(tmp_path, ["pageview", "ad_spend_daily", "account"])


def _prepare(settings: Settings, succeed: bool = True) -> list[str]:
    run = plan(settings, NEXT)
    lost = prepare(settings, NEXT, settings.work_file, run.batches, run.run_id)
    if succeed:
        with connect(settings, settings.work_file) as con:
            finish_attempt(con, {})
    return lost


def _touched(settings: Settings) -> set[tuple[str, str]]:
    sql = "select entity, business_date::varchar from run.touched_dates"
    return set(rows_of(settings.work_file, sql))


def test_the_run_parameters_end_the_day_in_the_business_time_zone(settings):
    _prepare(settings)
    found = rows_of(settings.work_file, "select as_of, as_of_end::varchar from run.parameters")
    assert found == [(NEXT, "2026-03-03 16:00:00+00")]


def test_an_entity_without_batches_is_an_empty_view_with_the_types_of_its_contract(settings):
    _prepare(settings)
    described = rows_of(settings.work_file, "describe input.ad_spend_daily")
    assert ("cost", "DECIMAL(18,4)") in [row[:2] for row in described]
    assert ("_row_hash", "VARCHAR") in [row[:2] for row in described]
    assert rows_of(settings.work_file, "select count(*) from input.ad_spend_daily") == [(0,)]


def test_dates_of_batches_that_came_or_went_are_touched_and_no_others(settings):
    put(settings, "pageview", [pageview(BEFORE, "a")], BEFORE)
    gone = put(settings, "pageview", [pageview(DAY, "b")], DAY)
    _prepare(settings)
    put(settings, "pageview", [pageview(NEXT, "c")], NEXT)
    landing.set_verdict(settings, gone, "withdrawn", "test", "wrong")
    _prepare(settings)
    assert _touched(settings) == {("pageview", str(DAY)), ("pageview", str(NEXT))}
    _prepare(settings)
    assert _touched(settings) == set()


def test_a_clock_far_ahead_counts_on_the_day_the_collector_saw(settings):
    # 23:55 in Shanghai; the client's clock says eleven minutes later, which is the next day.
    skewed = pageview(DAY, "skewed", event_time=at(NEXT, 0, 6), received_at=at(DAY, 23, 55))
    # Nine minutes ahead are believed: 00:04 of the next day.
    believed = pageview(DAY, "believed", event_time=at(NEXT, 0, 4), received_at=at(DAY, 23, 55))
    put(settings, "pageview", [skewed], DAY, "one")
    _prepare(settings)
    assert _touched(settings) == {("pageview", str(DAY))}
    put(settings, "pageview", [believed], DAY, "two")
    _prepare(settings)
    assert _touched(settings) == {("pageview", str(NEXT))}


def test_a_copy_of_an_event_touches_the_dates_of_all_its_copies(settings):
    put(settings, "pageview", [pageview(BEFORE, "same"), pageview(BEFORE, "other")], BEFORE)
    _prepare(settings)
    put(settings, "pageview", [pageview(NEXT, "same")], NEXT)
    _prepare(settings)
    assert _touched(settings) == {("pageview", str(BEFORE)), ("pageview", str(NEXT))}


def test_dates_of_an_unfinished_attempt_stay_touched_until_one_succeeds(settings):
    _prepare(settings)
    batch = put(settings, "pageview", [pageview(DAY, "a")], DAY)
    _prepare(settings, succeed=False)
    landing.set_verdict(settings, batch, "withdrawn", "test", "wrong")
    _prepare(settings)
    assert _touched(settings) == {("pageview", str(DAY))}
    _prepare(settings)
    assert _touched(settings) == set()


def test_a_file_of_the_last_success_that_is_gone_loses_its_entity(settings):
    batch = put(settings, "pageview", [pageview(DAY, "a")], DAY)
    _prepare(settings)
    landing.set_verdict(settings, batch, "withdrawn", "test", "erased")
    (settings.input / "pageview" / batch / "accepted.parquet").unlink()
    assert _prepare(settings) == ["pageview"]


def test_a_file_with_another_number_of_rows_than_its_manifest_says_is_refused(settings):
    batch = put(settings, "account", [{"account_id": "a1", "name": "Nordwind"}], DAY)
    folder = settings.input / "account" / batch
    manifest = folder / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace('"accepted": 1', '"accepted": 2'), encoding="utf-8")
    with pytest.raises(BuildError, match=rf"{batch}.* has 1 rows, its manifest says 2"):
        _prepare(settings)
    assert rows_of(settings.work_file, "select count(*) from run.attempts") == [(0,)]


def test_the_same_batches_and_code_are_the_same_run_and_an_outcome_makes_another(settings):
    put(settings, "pageview", [pageview(DAY, "a")], DAY)
    outcomes(settings, NEXT)
    first = plan(settings, NEXT)
    assert plan(settings, NEXT).run_id == first.run_id
    assert first.run_id.startswith(f"{NEXT}-")
    outcomes(settings, NEXT, marketing="failed")
    assert plan(settings, NEXT).run_id != first.run_id
