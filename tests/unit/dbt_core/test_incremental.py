"""An incremental build of events equals a full one, row by row, whatever came and went."""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
from core_oracle import business_date
from core_world import AS_OF, at, view

import warehouse_case
from throughline.contracts import load_contracts
from warehouse_case import Row, build, fetch

SELECT = (
    "+int_visits__parted +fct_user_day +fct_click +fct_content_event"
    " +int_versions__seen +int_virtual_event"
)
TABLES = (
    "staging.stg_pageview", "core.fct_pageview", "intermediate.int_visits__parted",
    "staging.stg_app_event", "core.fct_business_event", "core.fct_user_day",
    "staging.stg_api_request_log", "intermediate.int_api_requests__mapped",
    "intermediate.int_versions__seen", "intermediate.int_virtual_event",
    "staging.stg_click", "core.fct_click",
    "staging.stg_content_event", "core.fct_content_event",
)  # fmt: skip


ENDPOINT = {
    "endpoint_id": "q", "method": "GET", "route_template": "/quotes/:id", "line": "erp",
    "is_active_event": True, "valid_from": date(2024, 1, 1),
}  # fmt: skip


def event(event_id: str, when: datetime, **more: object) -> Row:
    """One product event, received when it happened."""
    return {
        "event_id": event_id, "type": "track", "event": "create_quote", "distinct_id": "u1",
        "login_id": "u1", "company_id": "t1", "event_time": when, "received_at": when, **more,
    }  # fmt: skip


def copy_of(event_id: str, when: datetime, **more: object) -> Row:
    """One click or content event, received when it happened."""
    return {"event_id": event_id, "event_time": when, "received_at": when, **more}


def asked(request_id: str, when: datetime, **more: object) -> Row:
    """One request of a tenant."""
    return {
        "request_id": request_id, "ts": when, "method": "GET", "path": "/quotes/17", "status": 200,
        "company_id": "t1", **more,
    }  # fmt: skip


BEFORE: dict[str, list[Row]] = {
    "pageview": [
        view("stays", "a", at(1)), view("neighbour", "a", at(2)),
        view("alone", "a", at(3)),
        view("moves", "b", at(4)),
        view("twice", "c", at(5)), view("twice", "c", at(6), received_at=at(7)),
        view("unchanged", "d", at(2)), view("unchanged", "d", at(8), received_at=at(1)),
        view("winner", "e", at(9)), view("winner", "e", at(10), received_at=at(30)),
    ],
    "app_event": [event("e1", at(1)), event("e2", at(2)), event("e2", at(3)), event("e3", at(4))],
    "api_request_log": [
        asked("r1", at(2)), asked("r2", at(5)), asked("r2", at(6)), asked("r3", at(6)),
    ],
    "api_endpoint": [ENDPOINT],
    **{
        entity: [
            copy_of("stays", at(1)), copy_of("alone", at(3)), copy_of("moves", at(4)),
            copy_of("twice", at(5)), copy_of("twice", at(6), received_at=at(7)),
        ]
        for entity in ("click", "content_event")
    },
}  # fmt: skip
AFTER: dict[str, list[Row]] = {
    "pageview": [
        view("stays", "a", at(1)), view("neighbour", "a", at(2)),
        view("moves", "b", at(4)), view("moves", "b", at(0), received_at=at(0)),
        view("twice", "c", at(6), received_at=at(7)),
        view("unchanged", "d", at(2)), view("unchanged", "d", at(8), received_at=at(1)),
        view("winner", "e", at(10), received_at=at(30)),
        view("late", "f", at(2), received_at=at(28)),
    ],
    "app_event": [event("e1", at(1)), event("e2", at(3)), event("e4", at(1, 5), login_id="u2")],
    "api_request_log": [asked("r2", at(6)), asked("r3", at(6)), asked("r4", at(1), path="/a")],
    "api_endpoint": [ENDPOINT],
    **{
        entity: [
            copy_of("stays", at(1)), copy_of("moves", at(4)), copy_of("moves", at(0)),
            copy_of("twice", at(6), received_at=at(7)), copy_of("late", at(2), received_at=at(28)),
        ]
        for entity in ("click", "content_event")
    },
}  # fmt: skip
# alone: its date becomes empty · moves: an earlier copy on another date wins · twice, winner: the
# winning copy is withdrawn and the one on another date comes back · unchanged: wins on a date that
# is not touched, loses on one that is · late: three weeks late · e2, e3, e4: the same for events ·
# r1: the last request of its date goes: the app counts again · r2: the copy on another date comes
# back · r4: on a date that had app events only


def test_an_incremental_build_equals_a_full_one(tmp_path: Path) -> None:
    nights, full = tmp_path / "nights", tmp_path / "full"
    for folder in (nights, full):
        folder.mkdir()
    build(nights, BEFORE, AS_OF, select=SELECT).close()
    second_night(nights)
    dbt_again(nights)
    incremental = duckdb.connect(str(nights / "work.duckdb"), read_only=True)
    rebuilt = build(full, AFTER, AS_OF, select=SELECT)
    for table in TABLES:
        query = f"select * from {table} order by all"
        assert fetch(incremental, query) == fetch(rebuilt, query), table
        assert fetch(rebuilt, query), table


def second_night(folder: Path) -> None:
    """Replace the inputs and write the dates that the change can touch."""
    end = datetime.combine(AS_OF + timedelta(days=1), time.min, ZoneInfo("Asia/Shanghai"))
    with duckdb.connect(str(folder / "work.duckdb")) as con:
        con.execute("set TimeZone = 'UTC'; drop schema input cascade; create schema input")
        con.execute("create schema touched")
        for contract in load_contracts().values():
            rows = AFTER.get(contract.entity, ())
            warehouse_case._write_input(con, folder, contract, rows, end)
        for entity in sorted(BEFORE.keys() - {"api_endpoint"}):
            days = [(entity, day) for day in sorted(touched(BEFORE[entity], AFTER[entity]))]
            con.executemany("insert into run.touched_dates values (?, ?)", days)
            con.execute(f"create view touched.{entity} as select * from input.{entity}")


def touched(before: list[Row], after: list[Row]) -> set[date]:
    """Every date of every event of which a copy came or went."""
    keys = {key_and_time(row)[0] for row in before if row not in after}
    keys |= {key_and_time(row)[0] for row in after if row not in before}
    both = [key_and_time(row) for row in before + after]
    return {business_date(when) for key, when in both if key in keys}


def key_and_time(row: Row) -> tuple[str, datetime]:
    """Key and instant of an event or request."""
    if "request_id" in row:
        return row["request_id"], row["ts"]
    return row["event_id"], row["event_time"]


def dbt_again(folder: Path) -> None:
    """Run dbt on a work file that it has built before."""
    work_file = folder / "work.duckdb"
    warehouse_case._dbt(folder, work_file, SELECT, {"business_tz": "Asia/Shanghai"})
