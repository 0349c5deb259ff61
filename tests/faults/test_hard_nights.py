"""Nights on which something went wrong or came late: the tables equal those built from nothing."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from night_case import (
    DAY,
    build_release,
    full_rebuild,
    make_home,
    outcomes,
    put,
    restore,
    rows_of,
    save,
)
from small_company import ENTITIES, app_event, at, pageview, put_day, put_lists
from throughline import landing
from throughline.errors import BuildError
from throughline.publish.candidate import candidate_path
from throughline.settings import Settings
from throughline.warehouse import plan
from throughline.warehouse.dbt import project_folder

LONG_AGO, BEFORE, NEXT = DAY - timedelta(days=21), DAY - timedelta(days=1), DAY + timedelta(days=1)
FACTS = {"stg_pageview", "stg_app_event", "fct_pageview", "fct_business_event", "fct_user_day"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path]:
    """A home with three days of batches, built up to DAY, and a copy of it."""
    settings = make_home(tmp_path_factory.mktemp("hard_nights"), ENTITIES)
    put_lists(settings, LONG_AGO)
    for day in (LONG_AGO, BEFORE, DAY):
        put_day(settings, day)
    outcomes(settings, DAY)
    outcomes(settings, NEXT)
    build_release(settings, DAY)
    return settings, save(settings, "built")


@pytest.fixture
def settings(built: tuple[Settings, Path]) -> Iterator[Settings]:
    settings, copy = built
    restore(settings, copy)
    yield settings
    shutil.rmtree(settings.config_file.parent / "dbt_project", ignore_errors=True)


def events_by_date(settings: Settings, as_of) -> dict[str, int]:
    """Page views by business date in the work file."""
    found = rows_of(
        plan(settings, as_of).work_file,
        "select business_date::varchar, count(*) from core.fct_pageview group by all",
    )
    return dict(found)


def test_an_ordinary_night_replaces_only_the_new_date(settings):
    put_day(settings, NEXT)
    incremental, built = build_release(settings, NEXT)
    assert built.touched["stg_pageview"] == [NEXT]
    assert not FACTS & {name.partition(".")[2] for name in built.rebuilt}
    assert incremental == full_rebuild(settings, NEXT)


def test_a_late_row_three_weeks_back_rebuilds_its_date_and_no_other(settings):
    late = pageview(LONG_AGO, "late-c", received_at=at(NEXT, 9))
    put(settings, "pageview", [pageview(NEXT, "new-d"), late], NEXT)
    incremental, built = build_release(settings, NEXT)
    assert built.touched["fct_pageview"] == [LONG_AGO, NEXT]
    assert events_by_date(settings, NEXT)[str(LONG_AGO)] == 3
    assert incremental == full_rebuild(settings, NEXT)


def test_an_earlier_copy_of_an_event_on_another_date_moves_the_event(settings):
    # The copy of BEFORE's event was received earlier and lies on LONG_AGO: it wins (G4).
    copy = pageview(LONG_AGO, f"{BEFORE}-a")
    put(settings, "pageview", [copy], NEXT)
    incremental, built = build_release(settings, NEXT)
    assert built.touched["stg_pageview"] == [LONG_AGO, BEFORE]
    assert events_by_date(settings, NEXT) == {str(LONG_AGO): 3, str(BEFORE): 1, str(DAY): 2}
    assert incremental == full_rebuild(settings, NEXT)


def test_a_withdrawn_batch_leaves_its_business_date_empty(settings):
    [gone] = [
        b
        for b in landing.live_batches(settings, DAY)
        if b.entity == "pageview" and b.window == str(BEFORE)
    ]
    landing.set_verdict(settings, gone.batch_id, "withdrawn", "test", "wrong file")
    incremental, built = build_release(settings, DAY)
    assert built.touched["stg_pageview"] == [BEFORE]
    assert events_by_date(settings, DAY) == {str(LONG_AGO): 2, str(DAY): 2}
    assert incremental == full_rebuild(settings, DAY)


def test_a_held_batch_released_later_fills_its_date(settings):
    held = put(settings, "app_event", [app_event(BEFORE, "more-1")], BEFORE, "late", "held")
    before, _ = build_release(settings, DAY)
    landing.set_verdict(settings, held, "passed", "test", "looked at and right")
    after, built = build_release(settings, NEXT)
    assert built.touched["fct_user_day"] == [BEFORE]
    assert before != after
    assert after == full_rebuild(settings, NEXT)


def test_nights_out_of_order_end_like_nights_in_order(settings):
    later = NEXT + timedelta(days=1)
    outcomes(settings, later)
    put_day(settings, later)
    build_release(settings, later)
    put_day(settings, NEXT)
    incremental, built = build_release(settings, later)
    assert built.touched["stg_pageview"] == [NEXT]
    assert incremental == full_rebuild(settings, later)


def test_a_model_that_changes_between_nights_is_rebuilt_with_its_children(settings):
    own = settings.config_file.parent / "dbt_project"
    shutil.copytree(project_folder(settings), own)
    model = own / "models" / "core" / "fct_business_event.sql"
    text = model.read_text(encoding="utf-8")
    assert "'app' as origin" in text
    model.write_text(text.replace("'app' as origin", "'api' as origin"), encoding="utf-8")
    incremental, built = build_release(settings, DAY)
    assert set(built.rebuilt) == {"core.fct_business_event", "core.fct_user_day"}
    work = plan(settings, DAY).work_file
    assert rows_of(work, "select distinct origin from core.fct_business_event") == [("api",)]
    assert incremental == full_rebuild(settings, DAY)


def test_a_changed_list_of_robots_rebuilds_what_it_judges(settings):
    put(settings, "bot_ua", [{"pattern": "mozilla", "name": "all"}], NEXT, "snapshot")
    incremental, built = build_release(settings, NEXT)
    assert {"core.fct_pageview", "core.fct_business_event"} <= set(built.rebuilt)
    assert "staging.stg_pageview" not in built.rebuilt
    assert incremental == full_rebuild(settings, NEXT)


def test_a_failed_domain_leaves_its_tables_at_their_last_good_night(settings):
    put_day(settings, NEXT, but=("pageview", "form_submit", "ad_spend_daily"))
    outcomes(settings, NEXT, marketing="failed")
    incremental, _ = build_release(settings, NEXT)
    planned = plan(settings, NEXT)
    assert planned.stale == {"marketing": "failed: said by a test"}
    candidate = candidate_path(settings, planned.run_id)
    assert rows_of(candidate, "select max(date) from acquisition.channel_daily") == [(DAY,)]
    through = rows_of(
        candidate,
        "select data_through, is_stale from audit.table_freshness"
        " where table_name in ('channel_daily', 'active_period') order by table_name",
    )
    assert (DAY, True) in through
    assert incremental == full_rebuild(settings, NEXT)


def test_a_killed_attempt_with_a_batch_that_is_withdrawn_since_leaves_no_trace(settings):
    expected, _ = build_release(settings, DAY)
    batch = put(settings, "pageview", [pageview(BEFORE, "gone-x")], DAY, "extra")
    _break_stage_tables(settings)
    with pytest.raises(BuildError, match="channel_daily"):
        build_release(settings, DAY)
    assert events_by_date(settings, DAY)[str(BEFORE)] == 3
    shutil.rmtree(settings.config_file.parent / "dbt_project")
    landing.set_verdict(settings, batch, "withdrawn", "test", "not ours")
    assert build_release(settings, DAY)[0] == expected


def _break_stage_tables(settings: Settings) -> None:
    own = settings.config_file.parent / "dbt_project"
    shutil.copytree(project_folder(settings), own)
    model = own / "models" / "acquisition" / "channel_daily.sql"
    model.write_text("select error('broken on purpose') as date", encoding="utf-8")
