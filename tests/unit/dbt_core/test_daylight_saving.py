"""Sessions and business dates in zones whose clocks are changed: instants decide, then the zone."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from core_world import view
from jinja2 import Environment

from compiled_case import Compiled
from warehouse_case import PROJECT, Row, fetch

AS_OF = date(2024, 12, 31)
# clocks go back or forward at these instants: by an hour at night, by half an hour, at midnight
CHANGES = {
    "America/New_York": ("2024-03-10T07:00", "2024-11-03T06:00"),
    "Australia/Lord_Howe": ("2024-04-06T15:00", "2024-10-05T15:30"),
    "Africa/Cairo": ("2024-04-25T22:00", "2024-10-31T21:00"),
    "Asia/Shanghai": ("2024-03-10T16:00", "2024-11-03T16:00"),  # never changed: its midnights
}
# seconds after the change at which each visitor looks at a page
LOOKS = {
    "across": (-600, 600),
    "exactly": (-900, 900),
    "a_second_more": (-900, 901),
    "edge": (-1, 0, 1),
    "hour_apart": (-1800, 1800, 5400, 5401),
    "all_day": tuple(range(-90000, 90000, 1799)),
    "every_half_hour": tuple(range(-7200, 7200, 1801)),
}


def rows_of(zone: str) -> list[Row]:
    """Page views of every visitor around both changes of a zone."""
    return [
        view(f"{who}-{change}-{n}", f"{who}-{change}",
             datetime.fromisoformat(change).replace(tzinfo=UTC) + timedelta(seconds=seconds))
        for change in CHANGES[zone] for who, looks in LOOKS.items()
        for n, seconds in enumerate(looks)
    ]  # fmt: skip


def naive_sessions(views: list[Row], zone: str) -> set[tuple[str, datetime, int, date]]:
    """Cookie, start, page views and local date of the start of each session."""
    moments: dict[str, list[datetime]] = defaultdict(list)
    for seen in views:
        moments[seen["anonymous_id"]].append(seen["event_time"])
    sessions = []
    for cookie, times in moments.items():
        last = None
        for moment in sorted(times):
            if last is None or moment - last > timedelta(minutes=30):
                sessions.append([cookie, moment, 0])
            sessions[-1][2] += 1
            last = moment
    return {(who, at, n, at.astimezone(ZoneInfo(zone)).date()) for who, at, n in sessions}


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """Sessions and page views, and all that they read."""
    folder = tmp_path_factory.mktemp("daylight") / "case"
    folder.mkdir()
    return Compiled.on_no_rows(folder, AS_OF, "fct_web_session")


@pytest.mark.parametrize("zone", CHANGES)
def test_sessions_go_on_over_a_change_of_clocks(sessions: Compiled, zone: str) -> None:
    plain, views = sessions.models, rows_of(zone)
    assert any("'Asia/Shanghai'" in select for _, select in plain)
    sessions.models = [(n, s.replace("'Asia/Shanghai'", f"'{zone}'")) for n, s in plain]
    try:
        sessions.build({"pageview": views}, AS_OF)
    finally:
        sessions.models = plain
    found = fetch(sessions.con, "select * from core.fct_web_session")
    expected = naive_sessions(views, zone)
    assert {
        (row["anonymous_id"], row["started_at"], row["pageviews"], row["session_date"])
        for row in found
    } == expected
    pages = fetch(sessions.con, "select event_at, business_date from core.fct_pageview")
    for page in pages:
        assert page["business_date"] == page["event_at"].astimezone(ZoneInfo(zone)).date()
    # a minute after and before midnight of the days of change
    assert len({page["business_date"] for page in pages}) >= 6


MIDNIGHTS = {  # zones with a midnight that comes twice, or not at all
    "America/Havana": ("2024-11-03", "2024-03-10"),
    "Atlantic/Azores": ("2024-10-27", "2024-03-31"),
    "America/Asuncion": ("2024-03-24", "2023-10-01"),  # back from midnight: it comes once
    "America/Santiago": ("2024-04-07", "2024-09-08"),
    "Asia/Beirut": ("2024-10-27", "2024-03-31"),
    "Asia/Shanghai": ("2024-11-03", "2024-03-10"),
}


@pytest.mark.parametrize("zone", MIDNIGHTS)
def test_a_business_date_starts_at_its_first_instant(sessions: Compiled, zone: str) -> None:
    macros = Environment().from_string(
        (PROJECT / "macros/engine/time.sql").read_text(encoding="utf-8"), {"var": lambda _: zone}
    )
    start = macros.module.default__day_start("day")
    for given in map(date.fromisoformat, MIDNIGHTS[zone]):
        for day in (given + timedelta(days=n) for n in (-1, 0, 1)):
            begins = datetime.combine(day, time.min, UTC) - timedelta(hours=16)
            while begins.astimezone(ZoneInfo(zone)).date() < day:
                begins += timedelta(minutes=15)
            found = sessions.con.execute(f"select {start} from (select $1::date as day)", [day])
            assert found.fetchone() == (begins,)


PAUSES = (0, 1, 600, 1799, 1800, 1800, 1801, 3600, 40000)
"""Seconds between page views of one cookie."""


def chained_rows(seed: int) -> list[Row]:
    """Page views of ten cookies over some days; two cookies never pause too long."""
    draw = random.Random(seed)
    rows = []
    for cookie in "abcdefghij":
        moment = datetime(2024, 3, 9, 15, tzinfo=UTC) + timedelta(seconds=draw.randint(0, 3600))
        lengths = PAUSES[:6] if cookie in "ab" else PAUSES
        pauses = draw.choices(lengths, weights=[draw.random() for _ in lengths], k=150)
        for number, pause in enumerate(pauses):
            moment += timedelta(seconds=pause)
            rows.append(view(f"{cookie}-{number:03}", cookie, moment, url_path=f"/{number}"))
    return draw.sample(rows, len(rows))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_visits_go_on_over_any_number_of_midnights(sessions: Compiled, seed: int) -> None:
    views = chained_rows(seed)
    sessions.build({"pageview": views}, AS_OF)
    found = fetch(sessions.con, "select * from core.fct_web_session")
    expected = naive_sessions(views, "Asia/Shanghai")
    assert {
        (row["anonymous_id"], row["started_at"], row["pageviews"], row["session_date"])
        for row in found
    } == expected
    assert any((row["ended_at"] - row["started_at"]).days >= 1 for row in found)
    by_cookie = defaultdict(list)
    for seen in views:
        by_cookie[seen["anonymous_id"]].append((seen["event_time"], seen["event_id"]))
    for row in found:
        own = [
            event_id
            for moment, event_id in sorted(by_cookie[row["anonymous_id"]])
            if row["started_at"] <= moment <= row["ended_at"]
        ]
        assert row["landing_path"] == f"/{int(own[0][-3:])}"
        assert row["exit_path"] == f"/{int(own[-1][-3:])}"
