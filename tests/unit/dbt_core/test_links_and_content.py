"""Touches from links and market events, clicks and content, against rows worked out by hand."""

from core_world import at
from duckdb import DuckDBPyConnection
from identity_oracle import graph_of, persons
from links_world import HALF_HOUR

from warehouse_case import Row, fetch


def test_a_link_counts_for_the_registered_channel_else_for_that_of_the_rules(
    core: DuckDBPyConnection,
) -> None:
    found = fetch(core, "select short_code, channel_id, campaign from core.dim_utm_link")
    said = {row["short_code"]: (row["channel_id"], row["campaign"]) for row in found}
    assert {code: said[code] for code in ("own", "rule", "alone", "bare", "typo")} == {
        "own": ("event", "(none)"),
        "rule": ("sem_baidu", "x y"),
        "alone": ("unassigned", "(none)"),
        "bare": ("unassigned", "(none)"),
        "typo": ("dsp", "(none)"),
    }


def test_a_click_is_a_touch_unless_a_visit_tells_it(
    core: DuckDBPyConnection, rows: dict[str, list[Row]]
) -> None:
    named, _ = persons(graph_of(rows))
    linked, scanner = named["anonymous_id", "linked"], named["anonymous_id", "scanner"]
    assert touches(core, "link") == {
        "too early": (linked, at(50, -HALF_HOUR - 1), "event", None),
        "too late": (linked, at(50, HALF_HOUR + 1), "sem_baidu", "X%20Y "),
        "scan": (scanner, at(50), "unassigned", None),
        "unknown code": (scanner, at(50, 5), "unassigned", None),
        "twice": (scanner, at(50, 9), "dsp", None),
    }


def test_who_came_to_an_event_is_touched_once_by_it(
    core: DuckDBPyConnection, rows: dict[str, list[Row]]
) -> None:
    named, _ = persons(graph_of(rows))
    assert named["event_person_key", "known"] == named["phone_hash", "ph3"]
    assert named["event_person_key", "first key"] == named["event_person_key", "second key"]
    expected = {
        "summit|known": ("known", at(60), "Summit"),
        "summit|first key": ("first key", at(60, 4), "Summit"),
        "summit|nameless": ("nameless", at(60, 7), "Summit"),
        "unknown|nameless": ("nameless", at(62), None),
    }
    assert touches(core, "event") == {
        source: (named["event_person_key", key], when, "event", campaign)
        for source, (key, when, campaign) in expected.items()
    }


def test_reading_is_a_touch_once_in_half_an_hour_unless_a_visit_tells_it(
    core: DuckDBPyConnection, rows: dict[str, list[Row]]
) -> None:
    named, _ = persons(graph_of(rows))
    reader, login = named["anonymous_id", "linked"], named["login_id", "u3"]
    assert touches(core, "content") == {
        "ahead": (reader, at(2), "content_wechat", None),
        "read": (reader, at(3), "content_wechat", None),
        "read later": (reader, at(3, 2 * HALF_HOUR + 1), "content_wechat", None),
        "read by login": (login, at(4), "content_wechat", None),
    }


def touches(core: DuckDBPyConnection, kind: str) -> dict[str, tuple[object, ...]]:
    """Person, instant, channel and campaign of every touch of a kind, by its source."""
    found = fetch(core, f"select * from core.fct_touchpoint where kind = '{kind}'")
    made = {
        row["source_id"]: tuple(
            row[name] for name in ("person_id", "touched_at", "channel_id", "campaign")
        )
        for row in found
    }
    assert len(made) == len(found)
    return made


def test_content_is_what_was_known_last_and_deleted_content_is_gone(
    core: DuckDBPyConnection,
) -> None:
    (found,) = fetch(core, "select * from core.dim_content")
    assert (found["content_id"], found["withdrawn_at"]) == ("case", at(9))
    assert str(found["published_date"]) == "2024-02-26"


def test_content_events_and_clicks_are_kept_once_and_flagged(core: DuckDBPyConnection) -> None:
    columns = "event_id, event_at, is_bot, is_internal"
    events = fetch(core, f"select {columns} from core.fct_content_event")
    clicks = fetch(core, f"select {columns} from core.fct_click")
    assert {tuple(row.values()) for row in events} == {
        ("read", at(3), False, False),
        ("shared", at(3), False, False),
        ("crawled", at(3), True, False),
        ("previewed", at(3), False, True),
        ("ahead", at(2), False, False),  # a clock a day ahead is not believed
        ("reread", at(3, HALF_HOUR), False, False),
        ("read later", at(3, 2 * HALF_HOUR + 1), False, False),
        ("read in visit", at(50), False, False),
        ("read by login", at(4), False, False),
    }
    assert len(events) == 9
    assert sorted(tuple(row.values()) for row in clicks) == [
        ("came late", at(4), False, False),
        ("inside", at(4), False, True),
        ("pressed", at(4), False, False),
    ]


def test_what_is_left_out_and_what_comes_late_is_counted(core: DuckDBPyConnection) -> None:
    left_out = fetch(
        core,
        "select entity, reason, rows from audit.exclusions"
        " where entity in ('click', 'content_event', 'link_click')",
    )
    assert {tuple(row.values()) for row in left_out} == {
        ("click", "is_internal", 1),
        ("click", "is_test", 1),
        ("content_event", "is_bot", 1),
        ("content_event", "is_internal", 1),
        ("link_click", "is_bot", 1),
        ("link_click", "is_internal", 1),
        ("link_click", "is_test", 1),
    }
    late = fetch(core, "select days_late, rows from audit.late_rows where entity = 'click'")
    assert [tuple(row.values()) for row in late] == [(30, 1)]
