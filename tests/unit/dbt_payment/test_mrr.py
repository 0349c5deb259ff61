"""MRR bridge and monthly revenue against naive loops over the input rows (H04, H07, H08, F01)."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import pytest
from payment_rows import AS_OF, LINES, Row, usd_rate

from warehouse_case import fetch

Mrr = dict[tuple[str, str], dict[date, Decimal]]
MOVES = ("new_mrr", "expansion_mrr", "contraction_mrr", "churn_mrr", "reactivation_mrr")


def months_until(last: date) -> list[date]:
    """Return the first days of the complete months from January 2024 on."""
    months = [date(year, month, 1) for year in range(2024, 2029) for month in range(1, 13)]
    return [month for month in months if last_day(month) <= last]


def last_day(month: date) -> date:
    """Return the last day of the month of a date."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def last_service_day(item: Row) -> date:
    """Return the last day on which an item is in service."""
    canceled = item.get("canceled_at")
    stop = item.get("service_end") or (canceled.date() if canceled else item["end"])
    return min(stop, item["end"])


def rate(row: Row, on: date) -> Decimal:
    """Return the CNY rate of the currency of a row."""
    return usd_rate(on) if row["currency"] == "USD" else Decimal(1)


def naive_mrr(rows: dict[str, list[Row]]) -> tuple[Mrr, set[tuple[str, str, date]]]:
    """Return MRR by (company, line) and month, and where a recurring item was in service."""
    contracts = {row["contract_id"]: row for row in rows["contract"]}
    mrr: Mrr = defaultdict(lambda: defaultdict(Decimal))
    active = set()
    for item in rows["subscription_item"]:
        contract = contracts[item["contract_id"]]
        company = f"a:{contract['account_id']}"
        price = item["seats"] * item["unit_price"] * rate(item, contract["signed_date"])
        for month in months_until(AS_OF):
            if item["recurring"] and item["start"] <= last_day(month) <= last_service_day(item):
                part = price / (12 if item["period"] == "year" else 1)
                mrr[company, item["business_line"]][month] += part.quantize(
                    Decimal("0.0001"), ROUND_HALF_UP
                )
                active.add((company, item["business_line"], month))
    return mrr, active


def built_bridge(con: duckdb.DuckDBPyConnection, account: str) -> dict[str, Row]:
    """Return the bridge of one account by "month line"."""
    rows = fetch(con, f"select * from payment.mrr_movement where company_id = 'a:{account}'")
    return {f"{row['month']:%Y-%m} {row['business_line']}": row for row in rows}


def moves(row: Row) -> dict[str, Decimal]:
    """Return the movements of a row that are not 0."""
    return {name: row[name] for name in MOVES if row[name]}


@pytest.mark.parametrize(
    ("account", "cell", "expected"),
    [
        # ChartMogul: an annual plan of 2,000 is 2000 / 12 a month
        ("annual", "2024-01 erp", {"new_mrr": "166.6667"}),
        ("annual", "2025-01 erp", {"churn_mrr": "166.6667"}),
        ("upgrade", "2024-03 erp", {"expansion_mrr": "60"}),
        ("downgrade", "2024-03 erp", {"contraction_mrr": "60"}),
        # the last day of an item is a day of service: June counts, July churns
        ("lastday", "2024-06 erp", {}),
        ("lastday", "2024-07 erp", {"churn_mrr": "100"}),
        # 31 January to 29 February of a leap year
        ("monthend", "2024-01 erp", {"new_mrr": "100"}),
        ("monthend", "2024-02 erp", {}),
        ("monthend", "2024-03 erp", {"churn_mrr": "100"}),
        # dropping one of two lines is a contraction, adding one an expansion
        ("linedrop", "2024-05 bi", {"contraction_mrr": "50"}),
        ("lineadd", "2024-04 bi", {"expansion_mrr": "50"}),
        # cancelled on 10 April, served until 30 April
        ("midcancel", "2024-04 erp", {}),
        ("midcancel", "2024-05 erp", {"churn_mrr": "100"}),
        # renewed late over a month end: churn, then reactivation (D42)
        ("lapse", "2024-06 erp", {"churn_mrr": "100"}),
        ("lapse", "2024-07 erp", {"reactivation_mrr": "100"}),
        # away for one month, back on another line
        ("again", "2024-02 erp", {"churn_mrr": "100"}),
        ("again", "2024-03 mall", {"reactivation_mrr": "80"}),
        ("freemonth", "2024-04 erp", {"churn_mrr": "100"}),
        ("freemonth", "2024-05 erp", {"reactivation_mrr": "100"}),
        # signed in February: 10 dollars at 6.9
        ("dollar", "2024-02 erp", {"new_mrr": "69"}),
        ("swap", "2024-05 erp", {"contraction_mrr": "100"}),
        ("swap", "2024-05 bi", {"expansion_mrr": "150"}),
    ],
)
def test_movement_of_a_scripted_company(
    payment_warehouse: duckdb.DuckDBPyConnection, account: str, cell: str, expected: dict[str, str]
) -> None:
    built = moves(built_bridge(payment_warehouse, account)[cell])
    assert built == {name: Decimal(amount) for name, amount in expected.items()}


@pytest.mark.parametrize("account", ["oneoff", "newchurn"])
def test_what_never_runs_on_a_last_day_has_no_mrr(
    payment_warehouse: duckdb.DuckDBPyConnection, account: str
) -> None:
    assert built_bridge(payment_warehouse, account) == {}


def naive_bridge(mrr: Mrr, active: set[tuple[str, str, date]]) -> dict[Any, dict[str, Decimal]]:
    """Classify every month of every company by its totals, keep the amounts by line."""
    months, bridge = months_until(AS_OF), {}
    for company in {company for company, _ in active_lines(active)}:
        lines = [line for owner, line in active_lines(active) if owner == company]
        seen = Decimal(0)
        for number, month in enumerate(months):
            ago = months[number - 1] if number else None
            start = {line: mrr[company, line][ago] if ago else Decimal(0) for line in lines}
            end = {line: mrr[company, line][month] for line in lines}
            total_start, total_end = sum(start.values()), sum(end.values())
            for line in lines:
                change = end[line] - start[line]
                row = dict.fromkeys(MOVES, Decimal(0))
                if not total_start and total_end:
                    row["reactivation_mrr" if seen else "new_mrr"] = end[line]
                elif total_start and not total_end:
                    row["churn_mrr"] = start[line]
                elif change > 0:
                    row["expansion_mrr"] = change
                elif change < 0:
                    row["contraction_mrr"] = -change
                row |= {"start_mrr": start[line], "end_mrr": end[line]}
                if month >= min(m for c, n, m in active if (c, n) == (company, line)):
                    bridge[month, company, line] = row
            seen = max(seen, total_end)
    return bridge


def active_lines(active: set[tuple[str, str, date]]) -> set[tuple[str, str]]:
    """Return the (company, line) pairs that ever were in service."""
    return {(company, line) for company, line, _ in active}


def test_bridge_equals_the_naive_loop(
    payment_warehouse: duckdb.DuckDBPyConnection, payment_rows: dict[str, list[Row]]
) -> None:
    expected = naive_bridge(*naive_mrr(payment_rows))
    built = {
        (row["month"], row["company_id"], row["business_line"]): {
            name: row[name] for name in (*MOVES, "start_mrr", "end_mrr")
        }
        for row in fetch(payment_warehouse, "select * from payment.mrr_movement")
    }
    assert built == expected


def test_revenue_of_the_published_churn_example(
    payment_warehouse: duckdb.DuckDBPyConnection,
) -> None:
    (may,) = fetch(
        payment_warehouse,
        "select * from payment.revenue_monthly where month = '2024-05-01'"
        " and segment_type = 'industry' and segment = 'mogul'",
    )
    # 800 in eight accounts of 100 and one of 200; 1 churns, 9 halves, 2 doubles
    assert may["gross_mrr_churn_den"] == 1000
    assert may["gross_mrr_churn"] == pytest.approx(0.20)
    assert may["net_mrr_churn"] == pytest.approx(0.10)
    assert may["quick_ratio"] == pytest.approx(0.5)
    assert (may["customers"], may["churned_customers"], may["logo_churn_den"]) == (8, 1, 9)
    assert may["arpa"] == pytest.approx(900 / 8)


def test_a_free_month_keeps_the_customer(payment_warehouse: duckdb.DuckDBPyConnection) -> None:
    (april,) = fetch(
        payment_warehouse,
        "select * from payment.revenue_monthly where month = '2024-04-01'"
        " and segment_type = 'industry' and segment = 'freemonth'",
    )
    assert (april["mrr"], april["customers"], april["churned_customers"]) == (0, 1, 0)
    assert april["gross_mrr_churn"] == 1.0


def test_an_item_is_recognised_by_the_day(payment_warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = fetch(
        payment_warehouse,
        "select month, recognised_revenue, mrr from payment.revenue_monthly"
        " where segment = 'oneoff' order by month",
    )
    # 3,660 over the 366 days of 2024 is 10 a day, and no MRR
    days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert [row["recognised_revenue"] for row in rows[:13]] == [*[10 * n for n in days], 0]
    assert not any(row["mrr"] for row in rows)


def headcount_band(headcount: int | None) -> str:
    """Return the band of a headcount."""
    if headcount is None:
        return "unknown"
    floors = ((500, "500+"), (100, "100-499"), (20, "20-99"), (0, "<20"))
    return next(name for floor, name in floors if headcount >= floor)


def units_of(rows: dict[str, list[Row]]) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Return the (company, line) units of each segment."""
    segments = defaultdict(set)
    for row in rows["account"]:
        company = f"a:{row['account_id']}"
        of_company = {(company, line) for line in LINES}
        segments["ALL", "ALL"] |= of_company
        segments["industry", row["industry_l1"] or "unknown"] |= of_company
        segments["city", row["city"] or "unknown"] |= of_company
        segments["headcount_band", headcount_band(row["employee_count"])] |= of_company
        for line in LINES:
            segments["business_line", line].add((company, line))
    return segments


def recognised(rows: dict[str, list[Row]]) -> dict[tuple[str, str, date], float]:
    """Return the revenue of each (company, line, month), added up day by day."""
    contracts = {row["contract_id"]: row for row in rows["contract"]}
    revenue: dict[tuple[str, str, date], float] = defaultdict(float)
    for item in rows["subscription_item"]:
        contract = contracts[item["contract_id"]]
        days = (item["end"] - item["start"]).days + 1
        months = days / 365.25 * 12
        if abs(round(months) - months) * 365.25 / 12 <= 3 and round(months) >= 1:
            months = round(months)
        periods = months / (12 if item["period"] == "year" else 1) if item["recurring"] else 1
        price = float(item["seats"] * item["unit_price"] * rate(item, contract["signed_date"]))
        for number in range((last_service_day(item) - item["start"]).days + 1):
            month = (item["start"] + timedelta(days=number)).replace(day=1)
            key = (f"a:{contract['account_id']}", item["business_line"], month)
            revenue[key] += price * periods / days
    return revenue


def test_revenue_of_every_segment_equals_the_naive_loop(
    payment_warehouse: duckdb.DuckDBPyConnection, payment_rows: dict[str, list[Row]]
) -> None:
    mrr, active = naive_mrr(payment_rows)
    bridge, revenue = naive_bridge(mrr, active), recognised(payment_rows)
    segments, months = units_of(payment_rows), months_until(AS_OF)
    built = fetch(payment_warehouse, "select * from payment.revenue_monthly")
    assert {(row["segment_type"], row["segment"]) for row in built} <= set(segments)
    for row in built:
        units = segments[row["segment_type"], row["segment"]]
        by_line = row["segment_type"] == "business_line"
        expected = naive_segment(units, by_line, months, row["month"], mrr, active, bridge)
        where = (row["segment_type"], row["segment"], row["month"])
        for name, value in expected.items():
            assert as_float(row[name]) == pytest.approx(value, abs=1e-3), (where, name)
        naive_revenue = sum(revenue.get((*unit, row["month"]), 0) for unit in units)
        assert float(row["recognised_revenue"]) == pytest.approx(naive_revenue, abs=0.3), where


def as_float(value: Any) -> float | None:
    """Return a number as a float and keep None."""
    return None if value is None else float(value)


def naive_segment(
    units: set[tuple[str, str]],
    by_line: bool,
    months: list[date],
    month: date,
    mrr: Mrr,
    active: set[tuple[str, str, date]],
    bridge: dict[Any, dict[str, Decimal]],
) -> dict[str, float | None]:
    """Work out one month of one segment; a subject is a company, or a company on a line."""
    number = months.index(month)

    def subjects(of: date) -> set[str]:
        return {
            c + (f"/{n}" if by_line else "") for c, n, m in active if m == of and (c, n) in units
        }

    def amounts(of: date) -> dict[str, Decimal]:
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for company, line in units:
            if (company, line) in mrr:
                totals[company + (f"/{line}" if by_line else "")] += mrr[company, line][of]
        return totals

    rows = [bridge[month, *unit] for unit in units if (month, *unit) in bridge]
    total = {
        name: float(sum(row[name] for row in rows)) for name in (*MOVES, "start_mrr", "end_mrr")
    }
    now, ever = subjects(month), set().union(*(subjects(m) for m in months[:number]), set())
    before = subjects(months[number - 1]) if number else set()
    year_ago = amounts(months[number - 12]) if number >= 12 else {}
    today = amounts(month)
    kept = float(sum(today[s] for s, amount in year_ago.items() if amount))
    capped = float(sum(min(today[s], amount) for s, amount in year_ago.items()))
    base = float(sum(year_ago.values()))
    lost = total["churn_mrr"] + total["contraction_mrr"]
    won = total["new_mrr"] + total["expansion_mrr"] + total["reactivation_mrr"]
    return {
        "mrr": total["end_mrr"],
        "arr": 12 * total["end_mrr"],
        "customers": len(now),
        "new_customers": len(now - ever),
        "churned_customers": len(before - now),
        "logo_churn": ratio(len(before - now), len(before)),
        "gross_mrr_churn": ratio(lost, total["start_mrr"]),
        "net_mrr_churn": ratio(lost - won + total["new_mrr"], total["start_mrr"]),
        "nrr_12m": ratio(kept, base),
        "grr_12m": ratio(capped, base),
        "arpa": ratio(total["end_mrr"], len(now)),
        "quick_ratio": ratio(won, lost),
    }


def ratio(numerator: float, denominator: float) -> float | None:
    """Divide, with None where there is nothing to divide by."""
    return numerator / denominator if denominator else None
