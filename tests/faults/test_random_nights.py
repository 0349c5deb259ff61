"""Random nights, by seed: tables built night by night equal those built from nothing, bit for bit.

The short form replays the incremental models and what they alone decide. The long form, `make
faults`, replays all tables for 30 nights in zones with clock changes, and 30 nights through dbt.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest

from night_case import build_work, make_home, put, rows_of, use_part_of_project
from random_company import DAILY, ENTITIES, Company
from random_rows import Draw
from replay_case import Night, Replay

FIRST = date(2026, 3, 2)
PART = ("int_visits__parted", "fct_user_day", "late_rows", "exclusions", "stg_lead")
SHANGHAI = "Asia/Shanghai"
ZONES = (SHANGHAI, "America/New_York", "Pacific/Chatham")
History = dict[str, list[dict[str, Any]]]
Replays = Callable[[str, bool], Replay]


@pytest.fixture(scope="module")
def replay_of(tmp_path_factory: pytest.TempPathFactory) -> Replays:
    """The project's statements, made once: by business time zone, of all tables or of a part."""

    @cache
    def made(zone: str, whole: bool) -> Replay:
        settings = make_home(tmp_path_factory.mktemp("nights"), ENTITIES, business_tz=zone)
        if not whole:
            use_part_of_project(settings, *PART)
        return Replay(settings, FIRST)

    return made


def test_random_nights_end_like_a_full_rebuild(replay_of, seed, often):
    for number, zone in enumerate(ZONES[: often(1, len(ZONES))]):
        replay = replay_of(zone, often(0, 1) == 1)
        nights, emptied = _nights_of(replay, seed + number, often(4, 30))
        assert any(any(night.touched.values()) and not night.rebuilt for night in nights)
        assert any(night.rebuilt for night in nights)
        assert emptied


def _nights_of(replay: Replay, seed: int, count: int) -> tuple[list[Night], set[date]]:
    """Run nights, each compared with a full rebuild; some look back at an earlier date.

    Returns the nights, and the dates that had page views and lost them all.
    """
    replay.start_afresh()
    company = Company(replay.settings, seed, FIRST)
    told = [f"repeat it: pytest --faults-seed {seed}, business_tz {replay.settings.business_tz}"]
    company.next_night(fates=0)
    replay.night(company.day)
    nights, emptied, filled = [], set(), _dates(replay)
    for _ in range(count):
        fates = company.next_night()
        back = 0 if company.nights % 2 == 0 else company.draw.random.randint(0, 3)
        as_of = company.day - timedelta(days=back)
        told.append(f"{company.day} as of {as_of}: {', '.join(fates)}")
        nights.append(replay.night(as_of))
        assert_equal(replay.hashes(), replay.full_rebuild(as_of), told)
        dates = _dates(replay)
        emptied, filled = emptied | (filled - dates), dates
    return nights, emptied


def test_a_backfill_in_any_order_ends_like_nights_in_order(replay_of, seed, often):
    replay = replay_of(SHANGHAI, often(0, 1) == 1)
    days = range(often(3, 10))
    draw = Draw(seed)
    dates = [FIRST + timedelta(days=number) for number in days]
    history: list[History] = [
        {name: [draw.row(name, day) for _ in "abc"] for name in DAILY} for day in dates
    ]
    windows = [[*days[number : number + 2]] for number in reversed(days)]
    expected = _backfill(replay, seed, history, [[day] for day in days])
    for _ in range(often(1, 5)):
        found = _backfill(replay, seed, history, windows)
        told = [f"repeat it: pytest --faults-seed {seed}; windows {windows}"]
        assert_equal(replay.hashes(), replay.full_rebuild(FIRST + timedelta(len(days))), told)
        assert_equal(found, expected, told)
        windows = draw.random.sample(windows, len(windows))


def _backfill(
    replay: Replay, seed: int, history: list[History], windows: list[list[int]]
) -> dict[str, str]:
    """Hashes of the core tables after one night per window, each of some days of history."""
    replay.start_afresh()
    company = Company(replay.settings, seed, FIRST)
    last = FIRST + timedelta(days=len(history))
    for minute, days in enumerate(windows, 20):
        for entity in DAILY:
            rows = [row for day in days for row in history[day][entity]]
            window = "_".join(map(str, days))
            put(company.settings, entity, rows, last, window, minute=minute)
        replay.night(last)
    return {name: found for name, found in replay.hashes().items() if name.startswith("core.")}


def test_replayed_nights_are_those_of_dbt(replay_of, seed, often):
    replay = replay_of(SHANGHAI, False)
    replay.start_afresh()
    company = Company(replay.settings, seed, FIRST)
    company.next_night(fates=0)
    replay.night(company.day)
    told = [f"repeat it: pytest --faults-seed {seed}"]
    for _ in range(often(1, 30)):
        told.append(f"{company.day}: {', '.join(company.next_night())}")
        through_dbt, _ = build_work(replay.settings, company.day)
        assert_equal(through_dbt, replay.full_rebuild(company.day), told)


def assert_equal(found: dict[str, str], expected: dict[str, str], told: list[str]) -> None:
    """Compare hashes by table; `told` is what happened, printed with what differs."""
    different = sorted(name for name in expected if found.get(name) != expected[name])
    assert not different, "\n".join([f"different: {', '.join(different)}", *told])
    assert found.keys() == expected.keys()


def _dates(replay: Replay) -> set[date]:
    sql = "select distinct business_date from staging.stg_pageview"
    return {day for (day,) in rows_of(replay.settings.work_file, sql)}
