"""Nights on which something went wrong or came late: the tables equal those built from nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from night_case import (
    DAY,
    build_work,
    full_rebuild,
    make_home,
    outcomes,
    put,
    restore,
    rows_of,
    save,
    use_part_of_project,
)
from small_company import ENTITIES, app_event, at, pageview, put_day, put_lists
from throughline import landing
from throughline.errors import BuildError
from throughline.settings import Settings
from throughline.warehouse import plan
from throughline.warehouse.dbt import project_folder

LONG_AGO, BEFORE, NEXT = DAY - timedelta(days=21), DAY - timedelta(days=1), DAY + timedelta(days=1)
FACTS = {
    *("stg_pageview", "stg_app_event", "int_app_events__flagged"),
    *("fct_pageview", "fct_business_event", "fct_user_day"),
}
CALLS = {
    "cdr": {"call_id": "k1", "direction": "in", "outcome": "answered", "start_at": at(DAY, 9)},
    "call_disposition": {"call_id": "k1", "reached_person": True},
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path]:
    """A home with three days of batches, built up to DAY, and a copy of it."""
    entities = (*ENTITIES, *CALLS, "api_endpoint", "api_request_log")
    settings = make_home(tmp_path_factory.mktemp("hard_nights"), entities)
    use_part_of_project(
        settings, "fct_pageview", "fct_user_day", "late_rows", "stg_cdr", "stg_call_disposition"
    )
    put_lists(settings, LONG_AGO)
    for day in (LONG_AGO, BEFORE, DAY):
        put_day(settings, day)
    outcomes(settings, DAY)
    outcomes(settings, NEXT)
    build_work(settings, DAY)
    return settings, save(settings, "built")


@pytest.fixture
def settings(built: tuple[Settings, Path]) -> Iterator[Settings]:
    settings, copy = built
    restore(settings, copy)
    yield settings


def events_by_date(settings: Settings, as_of) -> dict[str, int]:
    """Page views by business date in the work file."""
    found = rows_of(
        plan(settings, as_of).work_file,
        "select business_date::varchar, count(*) from core.fct_pageview group by all",
    )
    return dict(found)


def test_an_ordinary_night_replaces_the_new_date_and_leaves_empty_tables_alone(settings):
    put_day(settings, NEXT)
    incremental, built = build_work(settings, NEXT)
    assert built.touched["stg_pageview"] == [NEXT]
    assert not {"stg_cdr", "stg_call_disposition"} & {run.model for run in built.runs}
    assert not FACTS & {name.partition(".")[2] for name in built.rebuilt}
    assert incremental == full_rebuild(settings, NEXT)


def test_a_late_row_three_weeks_back_rebuilds_its_date_and_no_other(settings):
    late = pageview(LONG_AGO, "late-c", received_at=at(NEXT, 9))
    put(settings, "pageview", [pageview(NEXT, "new-d"), late], NEXT)
    incremental, built = build_work(settings, NEXT)
    assert built.touched["fct_pageview"] == [LONG_AGO, NEXT]
    assert events_by_date(settings, NEXT)[str(LONG_AGO)] == 3
    assert incremental == full_rebuild(settings, NEXT)


def test_an_earlier_copy_of_an_event_on_another_date_moves_the_event(settings):
    # The copy of BEFORE's event was received earlier and lies on LONG_AGO: it wins (G4).
    copy = pageview(LONG_AGO, f"{BEFORE}-a")
    put(settings, "pageview", [copy], NEXT)
    incremental, built = build_work(settings, NEXT)
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
    incremental, built = build_work(settings, DAY)
    assert built.touched["stg_pageview"] == [BEFORE]
    assert events_by_date(settings, DAY) == {str(LONG_AGO): 2, str(DAY): 2}
    assert incremental == full_rebuild(settings, DAY)


def test_a_held_batch_released_later_fills_its_date(settings):
    held = put(settings, "app_event", [app_event(BEFORE, "more-1")], BEFORE, "late", "held")
    before, _ = build_work(settings, DAY)
    landing.set_verdict(settings, held, "passed", "test", "looked at and right")
    after, built = build_work(settings, NEXT)
    assert built.touched["fct_user_day"] == [BEFORE]
    assert before != after
    assert after == full_rebuild(settings, NEXT)


def test_nights_out_of_order_end_like_nights_in_order(settings):
    later = NEXT + timedelta(days=1)
    outcomes(settings, later)
    put_day(settings, later)
    build_work(settings, later)
    put_day(settings, NEXT)
    incremental, built = build_work(settings, later)
    assert built.touched["stg_pageview"] == [NEXT]
    assert incremental == full_rebuild(settings, later)


@contextmanager
def changed(settings: Settings, model: str, old: str, new: str) -> Iterator[None]:
    """Change the code of a model for a block."""
    path = project_folder(settings) / "models" / model
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")


def test_a_model_that_changes_between_nights_is_rebuilt_with_its_children(settings):
    with changed(settings, "core/fct_business_event.sql", "'app' as origin", "'api' as origin"):
        incremental, built = build_work(settings, DAY)
        work = plan(settings, DAY).work_file
        found = rows_of(work, "select distinct origin from core.fct_business_event")
        assert incremental == full_rebuild(settings, DAY)
    assert set(built.rebuilt) == {"core.fct_business_event", "core.fct_user_day"}
    assert found == [("api",)]


def test_a_changed_list_of_robots_rebuilds_what_it_judges(settings):
    put(settings, "bot_ua", [{"pattern": "mozilla", "name": "all"}], NEXT, "snapshot")
    incremental, built = build_work(settings, NEXT)
    assert {"core.fct_pageview", "core.fct_business_event"} <= set(built.rebuilt)
    assert "staging.stg_pageview" not in built.rebuilt
    assert incremental == full_rebuild(settings, NEXT)


EVENT_FACTS = {
    *("intermediate.int_app_events__flagged", "core.fct_business_event", "core.fct_user_day"),
}
OWNER = {"owner_id": "o1", "valid_from": date(2026, 1, 1), "role": "sales", "team": "north"}
TENANT = {
    "company_id": "c1",
    "name": "Nordwind",
    "account_id": "a1",
    "created_at": at(LONG_AGO, 9),
    "updated_at": at(BEFORE, 9),
}
LOOKUPS = {
    "robot": ("bot_ua", [{"pattern": "TLabTest", "name": "ours"}]),
    "address": ("internal_list", [{"kind": "ip", "value": "h-new"}]),
    "domain": ("internal_list", [{"kind": "domain", "value": "nordwind.example"}]),
    "staff": ("owner", [{**OWNER, "employee_id": "u7"}]),
    "merge": (
        "company_account",
        [{**TENANT, "company_id": "c7", "merged_into_id": "c1", "is_deleted": True}, TENANT],
    ),
}


@pytest.mark.parametrize("lookup", LOOKUPS)
def test_a_lookup_that_changes_later_changes_what_old_events_are(settings, lookup):
    seen = {"ip_hash": "h-new", "ua": "tlabtest/1.0"}
    refers = {"user_id": "u7", "referrer": "https://www.nordwind.example/a", **seen}
    put(settings, "pageview", [pageview(LONG_AGO, "odd-1", **refers)], DAY, "odd")
    odd = app_event(LONG_AGO, "odd-2", company_id="c7", login_id="u7", **seen)
    put(settings, "app_event", [odd], DAY, "odd")
    before, _ = build_work(settings, DAY)
    entity, rows = LOOKUPS[lookup]
    put(settings, entity, rows, NEXT, "snapshot")
    incremental, built = build_work(settings, NEXT)
    changed = {"core.fct_pageview"} if lookup == "domain" else EVENT_FACTS | {"core.fct_pageview"}
    if lookup == "merge":
        changed = {"core.fct_business_event", "core.fct_user_day"}
    facts = EVENT_FACTS | {"core.fct_pageview"}
    assert {name for name in facts if before[name] != incremental[name]} == changed
    assert changed <= set(built.rebuilt)
    assert incremental == full_rebuild(settings, NEXT)


def test_a_list_that_changes_in_what_no_fact_reads_rebuilds_no_fact(settings):
    put(settings, "bot_ua", [{"pattern": "Spider", "name": "another name"}], NEXT, "snapshot")
    put(settings, "owner", [{**OWNER, "team": "south"}], NEXT, "snapshot")
    put(settings, "internal_list", [{"kind": "ip", "value": "h-own"}], NEXT, "again")
    put(
        settings,
        "company_account",
        [{**TENANT, "name": "Nordwind & Co"}, {**TENANT, "company_id": "c9", "account_id": None}],
        NEXT,
        "snapshot",
    )
    put_day(settings, NEXT)
    incremental, built = build_work(settings, NEXT)
    assert built.rebuilt == ()
    assert incremental == full_rebuild(settings, NEXT)


def test_a_table_that_no_batch_reaches_is_built_anew_when_its_code_changes(settings):
    with changed(settings, "staging/stg_call_disposition.sql", "call_id,", "call_id, 1 as one,"):
        incremental, built = build_work(settings, DAY)
        assert incremental == full_rebuild(settings, DAY)
    assert "stg_call_disposition" in {run.model for run in built.runs}
    assert built.rebuilt == ()


def test_a_source_that_arrives_fills_the_tables_and_one_that_goes_empties_them(settings):
    batches = [put(settings, entity, [row], NEXT) for entity, row in CALLS.items()]
    filled, _ = build_work(settings, NEXT)
    work = plan(settings, NEXT).work_file
    for entity in CALLS:
        assert rows_of(work, f"select call_id from staging.stg_{entity}") == [("k1",)]
    assert filled == full_rebuild(settings, NEXT)
    for batch in batches:
        landing.set_verdict(settings, batch, "withdrawn", "test", "of another company")
    emptied, _ = build_work(settings, NEXT)
    for entity in CALLS:
        assert rows_of(work, f"select call_id from staging.stg_{entity}") == []
    assert emptied == full_rebuild(settings, NEXT)


def test_an_attempt_that_failed_half_way_leaves_no_trace(settings):
    expected, _ = build_work(settings, DAY)
    batch = put(settings, "pageview", [pageview(BEFORE, "gone-x")], DAY, "extra")
    with (
        changed(
            settings, "audit/late_rows.sql", "select * from final", "select error('on purpose')"
        ),
        changed(settings, "core/fct_business_event.sql", "'app' as origin", "'api' as origin"),
        pytest.raises(BuildError, match=r"audit\.late_rows: "),
    ):
        build_work(settings, DAY)
    assert events_by_date(settings, DAY)[str(BEFORE)] == 3
    landing.set_verdict(settings, batch, "withdrawn", "test", "not ours")
    after, built = build_work(settings, DAY)
    assert built.touched["stg_pageview"] == [BEFORE]
    assert "core.fct_business_event" in built.rebuilt
    assert after == expected


def test_a_file_that_is_not_what_its_manifest_says_stops_the_build(settings):
    [batch] = [b for b in landing.live_batches(settings, DAY) if b.entity == "owner"]
    content = batch.path.read_bytes()
    batch.path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BuildError, match=rf"{batch.batch_id}.*another content"):
        build_work(settings, DAY)
    batch.path.unlink()
    with pytest.raises(BuildError, match=rf"{batch.batch_id}.*cannot be read"):
        build_work(settings, DAY)


def test_a_back_dated_run_leaves_the_work_file_alone(settings):
    settings.release_folder.mkdir()
    with duckdb.connect(str(settings.release_folder / "served.duckdb")) as con:
        con.execute(f"create table build_info as select 'served' as run_id, date '{DAY}' as as_of")
    settings.current.symlink_to(Path("releases") / "served.duckdb")
    work = settings.work_file.read_bytes()
    planned = plan(settings, BEFORE)
    assert planned.backdated
    assert {batch.as_of for batch in planned.batches} == {LONG_AGO, BEFORE}
    build_work(settings, BEFORE)
    assert events_by_date(settings, BEFORE) == {str(LONG_AGO): 2, str(BEFORE): 2}
    assert settings.work_file.read_bytes() == work


ENDPOINT = {
    "endpoint_id": "e1",
    "method": "GET",
    "route_template": "/reports/{id}",
    "line": "bi",
    "is_active_event": True,
    "valid_from": date(2026, 1, 1),
    "updated_at": at(LONG_AGO, 9),
}
REQUEST = {
    "request_id": "r1",
    "ts": at(LONG_AGO, 14),
    "method": "GET",
    "path": "/reports/17",
    "status": 200,
    "company_id": "c1",
    "employee_id": "u1",
    "login_id": "u1",
}
API_FACTS = {
    *("intermediate.int_api_requests__mapped", "core.fct_business_event", "core.fct_user_day"),
}


def counted(settings: Settings) -> list[tuple[str, str, int]]:
    """Business date, origin and number of the events that count."""
    return rows_of(
        plan(settings, NEXT).work_file,
        "select business_date::varchar, origin, count(*) from core.fct_business_event"
        " where is_counted group by all order by all",
    )


def test_a_request_three_weeks_back_takes_its_date_from_the_app_and_no_other(settings):
    put(settings, "api_endpoint", [ENDPOINT], NEXT, "snapshot")
    build_work(settings, NEXT)
    log = put(settings, "api_request_log", [REQUEST], NEXT, "late")
    late, built = build_work(settings, NEXT)
    assert {name: built.touched[name] for name in ("fct_business_event", "fct_user_day")} == {
        "fct_business_event": [LONG_AGO],
        "fct_user_day": [LONG_AGO],
    }
    assert built.rebuilt == ()
    dates = [(str(LONG_AGO), "api", 1), (str(BEFORE), "app", 3), (str(DAY), "app", 3)]
    assert counted(settings) == dates
    assert late == full_rebuild(settings, NEXT)
    landing.set_verdict(settings, log, "withdrawn", "test", "another company's")
    gone, _ = build_work(settings, NEXT)
    assert counted(settings)[0] == (str(LONG_AGO), "app", 3)
    assert gone == full_rebuild(settings, NEXT)


def test_the_catalogue_rebuilds_requests_only_in_what_they_read_of_it(settings):
    put(settings, "api_endpoint", [ENDPOINT], DAY, "first")
    put(settings, "api_request_log", [REQUEST], DAY, "log")
    before, _ = build_work(settings, DAY)
    owned = {**ENDPOINT, "owner_team": "reports", "updated_at": at(DAY, 9)}
    put(settings, "api_endpoint", [owned], DAY, "second")
    same, built = build_work(settings, DAY)
    assert built.rebuilt == ()
    assert {name for name in API_FACTS if before[name] != same[name]} == set()
    put(
        settings,
        "api_endpoint",
        [{**owned, "line": "erp", "updated_at": at(DAY, 10)}],
        DAY,
        "third",
    )
    moved, built = build_work(settings, DAY)
    assert API_FACTS == set(built.rebuilt) & {name for name in moved if moved[name] != same[name]}
    assert moved == full_rebuild(settings, DAY)
