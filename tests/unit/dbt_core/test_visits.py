"""Staging of events, page views, visits, against a sequential walk over the same rows."""

from core_oracle import business_date, deduplicated, sessions
from duckdb import DuckDBPyConnection

from warehouse_case import Row, fetch

OUTSIDERS = {"bot", "own", "login"}


def test_each_event_is_kept_once_in_the_copy_that_came_first(
    core: DuckDBPyConnection, rows: dict[str, list[Row]]
) -> None:
    expected = deduplicated(rows["pageview"])
    found = {row["event_id"]: row for row in fetch(core, "select * from staging.stg_pageview")}
    assert found.keys() == expected.keys()
    assert len(rows["pageview"]) > len(expected) > 150
    for event_id, row in expected.items():
        assert found[event_id]["event_at"] == row["event_at"], event_id
        assert found[event_id]["title"] == row.get("title"), event_id
        assert found[event_id]["received_at"] == row["received_at"], event_id
        assert found[event_id]["is_clock_skew"] == row["is_clock_skew"], event_id
        assert found[event_id]["business_date"] == business_date(row["event_at"]), event_id


def test_a_visit_ends_after_more_than_thirty_minutes_and_midnight_does_not_end_it(
    core: DuckDBPyConnection, rows: dict[str, list[Row]]
) -> None:
    views = deduplicated(rows["pageview"]).values()
    expected = sessions(view for view in views if view["event_id"] not in OUTSIDERS)
    found = fetch(core, "select * from core.fct_web_session")
    by_start = {(row["anonymous_id"], row["started_at"], row["landing_path"]): row for row in found}
    assert len(found) == len(expected)
    for visit in expected.values():
        row = by_start[visit["anonymous_id"], visit["started_at"], visit["landing_path"]]
        assert {key: row[key] for key in visit} == visit


def test_the_second_after_midnight_belongs_to_the_next_business_date(
    core: DuckDBPyConnection,
) -> None:
    found = fetch(
        core,
        "select event_id, cast(business_date as varchar) as day from core.fct_pageview"
        " where event_id in ('m1', 'm2', 'm3', 'leap') order by event_id",
    )
    # 15:59:59 UTC is 23:59:59 in Shanghai, 16:00:00 UTC the next day; 2024 is a leap year
    assert [(row["event_id"], row["day"]) for row in found] == [
        ("leap", "2024-02-29"), ("m1", "2024-03-09"), ("m2", "2024-03-10"), ("m3", "2024-03-10"),
    ]  # fmt: skip


def test_robots_own_staff_and_test_rows_are_left_out_and_counted(
    core: DuckDBPyConnection,
) -> None:
    outside = fetch(core, "select 1 from core.fct_web_session where anonymous_id in"
                          " ('robot', 'staff', 'staff2', 'tester')")  # fmt: skip
    counted = fetch(core, "select entity, reason, rows from audit.exclusions order by all")
    assert outside == []
    found = {(row["entity"], row["reason"]): row["rows"] for row in counted}
    assert found["pageview", "is_bot"] == 1
    assert found["pageview", "is_internal"] == 2
    assert found["pageview", "is_test"] >= 1


def test_a_row_twenty_days_late_is_loaded_and_counted(core: DuckDBPyConnection) -> None:
    loaded = fetch(core, "select * from core.fct_pageview where event_id = 'late'")
    late = fetch(core, "select * from audit.late_rows where days_late = 20")
    assert len(loaded) == 1
    assert [(row["run_id"], row["entity"], row["rows"]) for row in late] == [
        ("2024-06-30-test", "pageview", 1)
    ]


def test_the_first_visit_date_of_a_person_is_the_only_new_one(core: DuckDBPyConnection) -> None:
    found = fetch(core, "select person_id, is_new, session_date from core.fct_web_session")
    first: dict[str, object] = {}
    for row in sorted(found, key=lambda row: row["session_date"]):
        first.setdefault(row["person_id"], row["session_date"])
    assert all(row["is_new"] == (first[row["person_id"]] == row["session_date"]) for row in found)
