"""Activity by day, week and month against naive set operations (S01-S03, S07, H04, U12-U15)."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from usage_rows import AS_OF, Row, Use, business_day

from warehouse_case import fetch

Group = tuple[str, str]


def subject_of(use: Use, subject_type: str) -> str | None:
    """Return who acts; companies and employees act through an employee only."""
    if subject_type == "person":
        return use.person
    if use.employee is None or use.company is None:
        return None
    return use.company if subject_type == "company" else f"{use.company}/{use.employee}"


def days_between(first: date, last: date) -> Iterable[date]:
    """Yield the days from first to last, both included."""
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def periods(first: date) -> dict[tuple[str, date], tuple[date, date]]:
    """Return start and last day of the periods that hold a day from first to AS_OF."""
    found = {}
    for day in days_between(first, AS_OF):
        found["day", day] = (day, day)
        monday = day - timedelta(days=day.weekday())
        found["week", monday] = (monday, monday + timedelta(days=6))
        month = day.replace(day=1)
        last = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
        found["month", month] = (month, last)
    return found


class Activity:
    """Active subjects and their measures by group and day."""

    def __init__(self, uses: list[Use]) -> None:
        self.active: dict[Group, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.totals: dict[Group, dict[date, list[float]]] = defaultdict(
            lambda: defaultdict(lambda: [0, 0, 0.0])
        )
        self.first: dict[tuple[Group, str], date] = {}
        for use in sorted(uses, key=lambda use: use.day):
            for subject_type in ("person", "company", "employee"):
                subject = subject_of(use, subject_type)
                for line in (use.line, "ALL") if subject else ():
                    self.count(use, (subject_type, line), subject)

    def count(self, use: Use, group: Group, subject: str) -> None:
        """Add one event to a group."""
        measures = self.totals[group][use.day]
        measures[0] += use.launch
        measures[1] += use.login
        measures[2] += use.seconds
        if use.active:
            self.active[group][use.day].add(subject)
            self.first.setdefault((group, subject), use.day)

    def subjects(self, group: Group, first: date, last: date) -> set[str]:
        """Return the subjects active on some day of a span."""
        return set().union(*(self.active[group].get(day, ()) for day in days_between(first, last)))


def registered(rows: dict[str, list[Row]], subject_type: str, on: date) -> set[str]:
    """Return who has an account at the end of a day."""
    if subject_type == "company":
        return {
            f"t:{row['company_id']}"
            for row in rows["company_account"]
            if business_day(row["created_at"]) <= on
        }
    accounts = [
        row
        for row in rows["employee_account"]
        if business_day(row["opened_at"]) <= on
        and (row["closed_at"] is None or business_day(row["closed_at"]) > on)
    ]
    if subject_type == "person":
        return {row["login_id"] for row in accounts}
    return {f"t:{row['company_id']}/{row['employee_id']}" for row in accounts}


@pytest.fixture(scope="module")
def built(usage_warehouse: duckdb.DuckDBPyConnection) -> dict[tuple[str, date, str, str], Row]:
    """Built rows by key."""
    rows = fetch(usage_warehouse, "select * from success.active_period")
    keys = ("period_type", "period_start", "subject_type", "business_line")
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows)
    return found


def expected_row(
    activity: Activity, rows: dict[str, list[Row]], group: Group, first: date, last: date
) -> dict[str, Any]:
    """Work out one period of one group."""
    until = min(last, AS_OF)
    inside = activity.subjects(group, first, until)
    month = timedelta(days=29)
    days = sum(len(activity.active[group].get(day, ())) for day in days_between(first, until))
    mean_dau = (
        sum(len(activity.active[group].get(day, ())) for day in days_between(until - month, until))
        / 30
    )
    launches, logins, seconds = (
        sum(activity.totals[group][day][n] for day in days_between(first, until)) for n in range(3)
    )
    accounts = registered(rows, group[0], until)
    before = activity.subjects(group, first - timedelta(days=30), first - timedelta(days=1))
    silent = before - activity.subjects(group, until - month, until)
    new = sum(first <= activity.first.get((group, who), date.max) <= until for who in inside)
    rolling = activity.subjects(group, until - month, until)
    return {
        "active_subjects": len(inside),
        "rolling_7d": len(activity.subjects(group, until - timedelta(days=6), until)),
        "rolling_30d": len(rolling),
        "stickiness": ratio(mean_dau, len(rolling)),
        "new_users": new,
        "new_ratio": ratio(new, len(inside)),
        "launches": launches,
        "launches_per_user": ratio(launches, len(inside)),
        "duration_total_seconds": seconds,
        "duration_per_user_seconds": ratio(seconds, len(inside)),
        "duration_per_launch_seconds": ratio(seconds, launches),
        "avg_active_days": ratio(days, len(inside)),
        "avg_logins": ratio(logins, len(inside)),
        "activity_rate": ratio(len(inside & accounts), len(accounts)) if until == last else None,
        "usage_churn": ratio(len(silent), len(before)) if until == last else None,
    }


def ratio(numerator: float, denominator: float) -> float | None:
    """Divide, with None where there is nothing to divide by."""
    return numerator / denominator if denominator else None


def test_every_period_equals_the_naive_sets(
    uses: list[Use],
    usage_rows: dict[str, list[Row]],
    built: dict[tuple[str, date, str, str], Row],
) -> None:
    activity = Activity(uses)
    spans = periods(min(use.day for use in uses))
    assert set(built) == {(*period, *group) for period in spans for group in activity.totals}
    for (period_type, start), (first, last) in spans.items():
        if period_type == "day" and start.toordinal() % 4:
            continue
        for group in activity.totals:
            row = built[period_type, start, *group]
            for name, value in expected_row(activity, usage_rows, group, first, last).items():
                assert row[name] == pytest.approx(value), (period_type, start, group, name)


def test_midnight_divides_days(built: dict[tuple[str, date, str, str], Row]) -> None:
    before = built["day", date(2020, 6, 10), "person", "erp"]["avg_active_days_num"]
    after = built["day", date(2020, 6, 11), "person", "erp"]["avg_active_days_num"]
    assert before >= 1
    assert after >= 1


def test_one_person_of_two_companies_counts_once(
    built: dict[tuple[str, date, str, str], Row], uses: list[Use]
) -> None:
    day = date(2020, 7, 1)
    for subject_type in ("person", "company", "employee"):
        naive = {subject_of(use, subject_type) for use in uses if use.day == day and use.active}
        row = built["day", day, subject_type, "ALL"]
        assert row["active_subjects"] == len(naive - {None}), subject_type
    persons = {use.person for use in uses if use.company in ("t:two", "t:quiet")}
    assert persons == {"login-t"}


def test_the_week_over_new_year_is_one_period(
    built: dict[tuple[str, date, str, str], Row],
) -> None:
    weeks = {start for kind, start, *_ in built if kind == "week"}
    assert date(2020, 12, 28) in weeks
    assert not {date(2021, 1, 1), date(2020, 12, 31)} & weeks


def test_distinct_counts_lie_between_the_largest_line_and_their_sum(
    built: dict[tuple[str, date, str, str], Row],
) -> None:
    lines: dict[Any, list[int]] = defaultdict(list)
    for (*period, subject_type, line), row in built.items():
        if line != "ALL":
            lines[(*period, subject_type)].append(row["active_subjects"])
    for key, counts in lines.items():
        total = built[(*key, "ALL")]["active_subjects"]
        assert max(counts) <= total <= sum(counts), key
