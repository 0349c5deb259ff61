"""Daily use of a company against naive loops over its events, accounts and seats (S03-S06, S09)."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
from usage_rows import AS_OF, Row, Use, at

from warehouse_case import fetch

LINES = ("bi", "erp", "finance", "mall", "scrm")


@pytest.fixture(scope="module")
def built(usage_warehouse: duckdb.DuckDBPyConnection) -> dict[tuple[str, date], Row]:
    """Built rows by company and day."""
    rows = fetch(usage_warehouse, "select * from success.company_usage_daily")
    found = {(row["company_id"], row["date"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def open_accounts(rows: dict[str, list[Row]], company: str, day: date) -> set[str]:
    """Return the employees whose account was open at some moment of a day in Shanghai."""
    begin, end = at(f"{day} 00:00:00"), at(f"{day + timedelta(days=1)} 00:00:00")
    return {
        row["employee_id"]
        for row in rows["employee_account"]
        if f"t:{row['company_id']}" == company
        and row["opened_at"] < end
        and (
            row["closed_at"] is None or known(row["closed_at"]) is None or row["closed_at"] > begin
        )
    }


def known(instant: datetime) -> datetime | None:
    """Return an instant unless it lies after AS_OF."""
    return instant if instant < at(f"{AS_OF + timedelta(days=1)} 00:00:00") else None


def purchased(rows: dict[str, list[Row]], company: str, day: date) -> tuple[int | None, int | None]:
    """Return opened and purchased seats of a day: the report, else the items in service."""
    report = next(
        (
            row
            for row in rows["company_account_daily"]
            if f"t:{row['company_id']}" == company and row["date"] == day
        ),
        {},
    )
    bought = report.get("purchased_seats")
    if bought is None:
        mine = [
            row
            for row in rows["subscription_item"]
            if row["recurring"] and f"t:{'r' + row['contract_id'][1:]}" == company
        ]
        begun = [row for row in mine if row["start"] <= day]
        bought = sum(row["seats"] for row in begun if row["end"] >= day) if begun else None
    return report.get("opened_seats"), bought


@pytest.fixture(scope="module")
def by_company(uses: list[Use]) -> dict[str, list[Use]]:
    """Events of each company."""
    found = defaultdict(list)
    for use in uses:
        if use.company:
            found[use.company].append(use)
    return found


def expected_row(uses: list[Use], rows: dict[str, list[Row]], company: str, day: date) -> Row:
    """Work out one day of one company."""
    week, month = day - timedelta(days=6), day - timedelta(days=29)
    acting = [use for use in uses if use.active and use.employee]
    staff = {use.employee for use in acting if use.day == day}
    recent = [use for use in acting if month <= use.day <= day]
    accounts = open_accounts(rows, company, day)
    opened, bought = purchased(rows, company, day)
    staff_30d = {use.employee for use in recent}
    return {
        "active_staff": len(staff),
        "active_staff_7d": len({use.employee for use in recent if use.day >= week}),
        "active_staff_30d": len(staff_30d),
        "active_days_30d": len({use.day for use in recent}),
        "opened_seats": opened,
        "purchased_seats": bought,
        "online_staff_share": len(staff & accounts) / len(accounts) if accounts else None,
        "seat_open_rate": opened / bought if bought and opened is not None else None,
        "seat_use_rate": len(staff_30d) / bought if bought else None,
        "is_over_deployed": None if None in (opened, bought) else opened > bought,
        "events": sum(use.day == day for use in uses),
        "core_events": sum(use.core for use in uses if use.day == day),
        "features_used": len(
            {use.feature for use in uses if use.feature and month <= use.day <= day}
        ),
        "active_lines": len({use.line for use in recent} & set(LINES)),
        "line_breadth": len({use.line for use in recent} & set(LINES)) / len(LINES),
        "usage_hours": sum(use.seconds for use in uses if month <= use.day <= day) / 3600,
    }


def test_every_day_of_every_company_equals_the_naive_loop(
    built: dict[tuple[str, date], Row],
    usage_rows: dict[str, list[Row]],
    by_company: dict[str, list[Use]],
) -> None:
    companies = {company for company, _ in built}
    assert companies == {f"t:{row['company_id']}" for row in usage_rows["company_account"]}
    shares = set()
    for (company, day), row in built.items():
        if day.toordinal() % 3:
            continue
        for name, value in expected_row(by_company[company], usage_rows, company, day).items():
            assert row[name] == pytest.approx(value), (company, day, name)
        shares.add(row["online_staff_share"])
    assert len(shares) > 5


def test_hours_are_exact_sums_in_whatever_order_they_are_added(
    built: dict[tuple[str, date], Row], by_company: dict[str, list[Use]]
) -> None:
    found = 0
    for (company, day), row in built.items():
        month = day - timedelta(days=29)
        uses = [use for use in by_company[company] if month <= use.day <= day]
        seconds = sum(Decimal(str(use.seconds)) for use in uses)
        assert row["usage_hours"] == float(seconds) / 3600, (company, day)
        found += float(seconds) != sum(use.seconds for use in uses)
    assert found > 5, "floating-point sums would have told the same"


def test_days_have_no_gaps_and_end_with_as_of(built: dict[tuple[str, date], Row]) -> None:
    days = defaultdict(set)
    for company, day in built:
        days[company].add(day)
    for company, seen in days.items():
        assert max(seen) == AS_OF
        assert len(seen) == (AS_OF - min(seen)).days + 1, company


def test_accounts_closed_on_the_day_or_at_midnight(built: dict[tuple[str, date], Row]) -> None:
    fourth, fifth = (built["t:seats", date(2020, 5, day)] for day in (4, 5))
    # the 4th: s1 opened and closed, s2, s3, s4; the 5th: s3 for a second, s4; s2 closed at midnight
    assert (fourth["online_staff_share_num"], fourth["online_staff_share_den"]) == (4, 4)
    assert (fifth["online_staff_share_num"], fifth["online_staff_share_den"]) == (2, 2)
    assert fifth["active_staff"] == 4
    assert built["t:seats", date(2020, 5, 6)]["online_staff_share_den"] == 1
