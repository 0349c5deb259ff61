from datetime import timedelta
from pathlib import Path

import duckdb
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


def _read_again(settings: Settings) -> set[str]:
    return {row[0] for row in rows_of(settings.work_file, "select event_id from touched.pageview")}


def test_only_batches_with_a_copy_of_an_event_on_a_touched_date_are_read_again(settings):
    put(settings, "pageview", [pageview(BEFORE, "same"), pageview(BEFORE, "beside")], BEFORE)
    put(settings, "pageview", [pageview(BEFORE, "third")], BEFORE, "early")
    put(settings, "pageview", [pageview(DAY, "other")], DAY)
    _prepare(settings)
    assert _read_again(settings) == {"same", "beside", "third", "other"}
    late = put(settings, "pageview", [pageview(NEXT, "same")], NEXT)
    _prepare(settings)
    # "third" shares no key with what came, but a date
    assert _read_again(settings) == {"same", "beside", "third"}
    landing.set_verdict(settings, late, "withdrawn", "test", "wrong")
    _prepare(settings)
    assert _touched(settings) == {("pageview", str(BEFORE)), ("pageview", str(NEXT))}
    assert _read_again(settings) == {"same", "beside", "third"}
    _prepare(settings)
    assert _read_again(settings) == set()


def test_batches_of_an_unfinished_attempt_are_read_again_without_what_it_read(settings):
    put(settings, "pageview", [pageview(DAY, "a")], DAY)
    _prepare(settings)
    batch = put(settings, "pageview", [pageview(DAY, "b")], DAY, "more")
    _prepare(settings, succeed=False)
    landing.set_verdict(settings, batch, "withdrawn", "test", "wrong")
    _prepare(settings)
    assert _read_again(settings) == {"a"}


def test_events_lie_on_other_dates_in_another_time_zone(settings):
    put(settings, "pageview", [pageview(DAY, "a", event_time=at(DAY, 0, 30))], DAY)
    _prepare(settings)
    moved = settings.model_copy(update={"business_tz": "UTC"})
    put(moved, "pageview", [pageview(NEXT, "a", event_time=at(NEXT, 12))], NEXT)
    _prepare(moved)
    assert _touched(moved) == {("pageview", str(BEFORE)), ("pageview", str(NEXT))}


def test_the_keys_of_batches_that_nobody_builds_from_are_forgotten(settings):
    batch = put(settings, "pageview", [pageview(DAY, "a")], DAY)
    put(settings, "pageview", [pageview(NEXT, "b")], NEXT)
    _prepare(settings)
    landing.set_verdict(settings, batch, "withdrawn", "test", "wrong")
    _prepare(settings)
    put(settings, "pageview", [pageview(NEXT, "c")], NEXT, "more")
    _prepare(settings)
    found = rows_of(settings.work_file, "select count(*), count(distinct key_hash)"
                                        " from run.keys_pageview")  # fmt: skip
    assert found == [(2, 2)]


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


def test_a_damaged_work_file_says_that_it_can_be_made_again(settings):
    run = plan(settings, DAY)
    settings.work.mkdir(parents=True)
    settings.work_file.write_bytes(b"no database" * 1000)
    with pytest.raises(BuildError, match=r"work\.duckdb cannot be opened.*remove it"):
        prepare(settings, DAY, settings.work_file, run.batches, run.run_id)
    settings.work_file.unlink()
    prepare(settings, DAY, settings.work_file, run.batches, run.run_id)


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


def test_files_are_read_by_the_oldest_duckdb_that_the_readme_names(settings):
    _prepare(settings)
    con = duckdb.connect(str(settings.work_file), read_only=True)
    tags = con.execute("select tags from duckdb_databases() where not internal").fetchall()
    assert tags == [({"storage_version": "v1.4.0+"},)]
    assert "DuckDB 1.4 or newer" in (Path(__file__).parents[2] / "README.md").read_text()
