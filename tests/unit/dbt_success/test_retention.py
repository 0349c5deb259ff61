"""Retention against naive sets per cohort (K06, K07, H01, O9)."""

from collections import defaultdict
from datetime import date, timedelta

import duckdb
import pytest
from usage_rows import AS_OF, Row, Use

from warehouse_case import fetch

STEPS = {"day": (0, 1, 2, 3, 4, 5, 6, 7, 14, 30), "week": range(13), "month": range(13)}
BRACKETS = {
    "day": ((1, 7), (8, 14), (15, 30)),
    "week": ((1, 4), (5, 8), (9, 12)),
    "month": ((1, 3), (4, 6), (7, 12)),
}
Key = tuple[str, str, str, str, date, str, str, int]


def start_of(period_type: str, day: date) -> date:
    """Return the first day of the period of a day."""
    if period_type == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period_type == "month" else day


def later(period_type: str, start: date, n: int) -> date:
    """Return the first day of the n-th period after one."""
    if period_type == "month":
        number = start.year * 12 + start.month - 1 + n
        return date(number // 12, number % 12 + 1, 1)
    return start + timedelta(days=n * (7 if period_type == "week" else 1))


def channels(rows: dict[str, list[Row]]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the first-touch channel of logins and of tenants, from the visits of their cookies."""
    cookies = {row["anonymous_id"]: row for row in rows["app_event"] if row["login_id"]}
    persons, companies, first = {}, {}, {}
    for visit in sorted(rows["pageview"], key=lambda row: row["event_time"]):
        channel = "sem_baidu" if visit.get("utm_source") else "direct"
        event = cookies.get(visit["anonymous_id"])
        login = event["login_id"] if event else visit["anonymous_id"]
        persons.setdefault(login, channel)
        first.setdefault(login, visit["event_time"])
    for login, _ in sorted(first.items(), key=lambda pair: pair[1]):
        for account in rows["employee_account"]:
            if account["login_id"] == login:
                companies.setdefault(f"t:{account['company_id']}", persons[login])
    return persons, companies


def active_days(uses: list[Use], subject_type: str, measure: str) -> dict[str, set[date]]:
    """Return the days of each subject with an event of the measure."""
    days: dict[str, set[date]] = defaultdict(set)
    for use in uses:
        if getattr(use, measure) and (subject_type == "person" or (use.company and use.employee)):
            days[use.person if subject_type == "person" else use.company].add(use.day)
    return days


def naive_retention(uses: list[Use], rows: dict[str, list[Row]]) -> dict[Key, tuple]:
    """Return (cohort_size, retained, is_mature) by key."""
    by_person, by_company = channels(rows)
    found: dict[Key, list] = {}
    analyses = {
        "active": ("active", "active"),
        "core": ("core", "core"),
        "active_to_core": ("active", "core"),
    }
    for analysis, (start_measure, return_measure) in analyses.items():
        for subject_type, known in (("person", by_person), ("company", by_company)):
            returns = active_days(uses, subject_type, return_measure)
            for subject, days in active_days(uses, subject_type, start_measure).items():
                channel = known.get(subject, "unattributed")
                start, back = min(days), returns.get(subject, set())
                for period_type, steps in STEPS.items():
                    cohort = start_of(period_type, start)
                    seen = {start_of(period_type, day) for day in back if day >= start}
                    windows = [
                        *(("n_day", n, n) for n in steps),
                        *(("unbounded", n, 999) for n in steps),
                        *(("bracket", *bracket) for bracket in BRACKETS[period_type]),
                    ]
                    for mode, first, last in windows:
                        n = first if mode == "unbounded" else last
                        earliest = later(period_type, cohort, first)
                        over = later(period_type, cohort, last + 1)
                        is_kept = any(earliest <= period < over for period in seen)
                        mature = later(period_type, cohort, n + 1) - timedelta(days=1) <= AS_OF
                        for segment in (("ALL", "ALL"), ("channel", channel)):
                            key = (
                                analysis,
                                subject_type,
                                mode,
                                period_type,
                                cohort,
                                *segment,
                                n,
                            )
                            cell = found.setdefault(key, [0, 0, mature])
                            cell[0] += 1
                            cell[1] += is_kept
    return {
        key: (size, kept if mature else None, mature) for key, (size, kept, mature) in found.items()
    }


@pytest.fixture(scope="module")
def built(usage_warehouse: duckdb.DuckDBPyConnection) -> dict[Key, Row]:
    """Built rows by key."""
    rows = fetch(usage_warehouse, "select * from success.retention")
    keys = (
        "analysis",
        "subject_type",
        "mode",
        "period_type",
        "cohort",
        "segment_type",
        "segment",
        "n",
    )
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows)
    return found


def test_every_cell_equals_the_naive_sets(
    uses: list[Use], usage_rows: dict[str, list[Row]], built: dict[Key, Row]
) -> None:
    expected = naive_retention(uses, usage_rows)
    assert set(built) == set(expected)
    assert {key[6] for key in expected} >= {"sem_baidu", "unattributed"}
    for key, (size, retained, mature) in expected.items():
        row = built[key]
        assert (row["cohort_size"], row["retained"], row["is_mature"]) == (
            size,
            retained,
            mature,
        ), key
        assert row["rate"] == (None if retained is None else pytest.approx(retained / size)), key


def test_the_published_cohort_of_200(built: dict[Key, Row]) -> None:
    cells = {
        n: built["active", "person", "n_day", "day", date(2020, 4, 1), "ALL", "ALL", n]
        for n in (0, 1, 2, 7, 30)
    }
    # 200 -> 100 / 50 / 20 is 50 %, 25 % and 10 %
    assert [cells[n]["retained"] for n in (0, 1, 2, 7, 30)] == [200, 100, 0, 50, 20]
    assert [cells[n]["rate"] for n in (1, 7, 30)] == [0.5, 0.25, 0.1]


def test_the_cohort_of_200_by_brackets(built: dict[Key, Row]) -> None:
    cells = {
        n: built["active", "person", "bracket", "day", date(2020, 4, 1), "ALL", "ALL", n]
        for n in (7, 14, 30)
    }
    # 100 came on day 1 and 50 of them on day 7; nobody on days 8 to 14; 20 on day 30
    assert [cells[n]["retained"] for n in (7, 14, 30)] == [100, 0, 20]


def test_unbounded_never_rises_and_never_falls_below_exact(built: dict[Key, Row]) -> None:
    for key, row in built.items():
        if key[2] == "unbounded" and row["is_mature"]:
            exact = built[(*key[:2], "n_day", *key[3:])]
            assert exact["retained"] <= row["retained"], key
            earlier = [n for n in STEPS[key[3]] if n < key[7]]
            if earlier:
                assert row["retained"] <= built[(*key[:7], earlier[-1])]["retained"], key


def test_a_cell_whose_window_is_not_over_is_null(built: dict[Key, Row]) -> None:
    immature = [row for row in built.values() if not row["is_mature"]]
    assert immature
    assert all(row["rate"] is None and row["retained"] is None for row in immature)
