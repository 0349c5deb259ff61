"""Monthly sales against naive loops over the input rows (F01-F03, F05-F07, E03, E07, E10, E13)."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

import duckdb
import pytest
from payment_rows import AS_OF, Row, usd_rate
from sales_rows import OWNERS

from warehouse_case import fetch

Key = tuple[date, str, str, str]
SHANGHAI = timedelta(hours=8)


def business_day(at: datetime | None) -> date | None:
    """Return the day of an instant in Shanghai, which has kept UTC+8 all the while."""
    return None if at is None else (at + SHANGHAI).date()


def money(row: Row, on: date, name: str = "amount") -> float:
    """Return an amount of a row in CNY at the rate of a day, to the cent."""
    value = float(row[name]) * (float(usd_rate(on)) if row.get("currency") == "USD" else 1)
    return round(value + 1e-9, 2)


def team(rows: dict[str, list[Row]], owner: str, month: date) -> str:
    """Return the team of an owner on the last day of a month."""
    end = (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    for row in rows["owner"]:
        if row["owner_id"] == owner and row["valid_from"] <= end <= row.get("valid_to", AS_OF):
            return row["team"]
    return "(none)"


def line_shares(rows: dict[str, list[Row]], contract: Row) -> dict[str, float]:
    """Return the share of each business line in a contract by the value of its items."""
    own = contract["contract_id"]
    for source in (own, contract.get("amends_contract_id")):
        values: dict[str, float] = defaultdict(float)
        for item in rows["subscription_item"]:
            if item["contract_id"] == source:
                values[item["business_line"]] += item_value(rows, item)
        if values:
            total = sum(values.values())
            return {
                line: value / total if total else 1 / len(values) for line, value in values.items()
            }
    return {"(none)": 1.0}


def item_value(rows: dict[str, list[Row]], item: Row) -> float:
    """Return seats times price times periods, in CNY at the signing of the contract."""
    contract = next(c for c in rows["contract"] if c["contract_id"] == item["contract_id"])
    days = (item["end"] - item["start"]).days + 1
    months = days / 365.25 * 12
    if abs(round(months) - months) * 365.25 / 12 <= 3 and round(months) >= 1:
        months = round(months)
    periods = months / (12 if item["period"] == "year" else 1) if item["recurring"] else 1
    price = float(item["seats"] * item["unit_price"]) * periods
    return round(money({**item, "value": price}, contract["signed_date"], "value"), 2)


class Ledger:
    """Collects values by month x level x owner x product."""

    def __init__(self, rows: dict[str, list[Row]]) -> None:
        self.rows = rows
        self.values: dict[str, dict[Key, list[Any]]] = defaultdict(lambda: defaultdict(list))

    def add(self, name: str, on: date, owner: str | None, parts: dict[str, Any]) -> None:
        """Add a value per product for the owner, the team and ALL."""
        month, seller = on.replace(day=1), owner or "(none)"
        levels = (("owner", seller), ("team", team(self.rows, seller, month)), ("ALL", "ALL"))
        for level, who in levels:
            for product, value in parts.items():
                self.values[name][month, level, who, product].append(value)

    def total(self, name: str, how: Callable[[Iterable[Any]], Any] = sum) -> dict[Key, Any]:
        """Return one number per key."""
        return {key: how(values) for key, values in self.values[name].items()}


def split(amount: float, shares: dict[str, float]) -> dict[str, float]:
    """Return an amount for ALL and split over the lines."""
    return {"ALL": amount, **{line: amount * share for line, share in shares.items()}}


def sign_contracts(ledger: Ledger) -> None:
    """Book signatures and cancellations."""
    for contract in ledger.rows["contract"]:
        signed, owner = contract["signed_date"], contract["owner_id"]
        if signed > AS_OF:
            continue
        shares = line_shares(ledger.rows, contract)
        amount = split(money(contract, signed), shares)
        cancelled = business_day(contract.get("cancelled_at"))
        if cancelled and (cancelled - signed).days <= 7:
            continue
        ledger.add("sales_amount", signed, owner, amount)
        if cancelled and cancelled <= AS_OF:
            ledger.add("sales_amount", cancelled, owner, {k: -v for k, v in amount.items()})
        if contract.get("list_amount") is not None:
            listed = split(money(contract, signed, "list_amount"), shares)
            ledger.add("listed", signed, owner, {k: (listed[k], amount[k]) for k in amount})
        if contract["kind"] != "amend":
            ledger.add("orders", signed, owner, dict.fromkeys(amount, 1))
            ledger.add(f"orders_{contract['kind']}", signed, owner, dict.fromkeys(amount, 1))
            ledger.add("order_amount", signed, owner, amount)


def collect_cash(ledger: Ledger) -> None:
    """Book payments and refunds on their business days."""
    contracts = {row["contract_id"]: row for row in ledger.rows["contract"]}
    for entity, at, sign in (("payment", "paid_at", 1), ("refund", "refunded_at", -1)):
        for row in ledger.rows[entity]:
            on, contract = business_day(row[at]), contracts[row["contract_id"]]
            shares = line_shares(ledger.rows, contract)
            amount = split(sign * money(row, on), shares)
            ledger.add("cash_collected", on, contract["owner_id"], amount)


def set_targets(ledger: Ledger) -> None:
    """Book targets; the product ALL is the owner's own row, else the sum of the lines."""
    months: dict[tuple[str, date], dict[str, float]] = defaultdict(dict)
    for row in ledger.rows["sales_target"]:
        months[row["owner_id"], row["month"]][row["product"]] = float(row["target"])
    for (owner, month), parts in months.items():
        total = parts.get("ALL", sum(parts.values()))
        ledger.add("target", month, owner, {**parts, "ALL": total})


def follow_deals(ledger: Ledger) -> None:
    """Book opportunities by the month of creation and of closing."""
    leads = {row["lead_id"]: row["created_at"] for row in ledger.rows["lead"]}
    for deal in ledger.rows["opportunity"]:
        created, closed = business_day(deal["created_at"]), business_day(deal["closed_at"])
        products = ("ALL", deal["business_line"])
        ledger.add("cohort", created, deal["owner_id"], dict.fromkeys(products, deal["stage"]))
        if deal["accepted_at"]:
            ledger.add("opps_created", created, deal["owner_id"], dict.fromkeys(products, 1))
        if closed:
            ledger.add("closed", closed, deal["owner_id"], dict.fromkeys(products, deal))
        if deal["stage"] == "won":
            days = (closed - created).days
            ledger.add("deal_days", closed, deal["owner_id"], dict.fromkeys(products, days))
            if deal["lead_id"]:
                days = (closed - business_day(leads[deal["lead_id"]])).days
                ledger.add("lead_days", closed, deal["owner_id"], dict.fromkeys(products, days))


def count_calls(ledger: Ledger) -> None:
    """Book outbound calls and those answered for at least 30 seconds."""
    for call in ledger.rows["cdr"]:
        if call["direction"] == "out":
            on = business_day(call["start_at"])
            ledger.add("attempts", on, call["agent_id"], {"ALL": 1})
            effective = int(call["outcome"] == "answered" and call["talk_seconds"] >= 30)
            ledger.add("effective_connects", on, call["agent_id"], {"ALL": effective})


def win_rate(deals: Iterable[Row]) -> float:
    """Return won / closed."""
    stages = [deal["stage"] for deal in deals]
    return stages.count("won") / len(stages)


def win_rate_amount(deals: Iterable[Row]) -> float | None:
    """Return amount won / amount closed."""
    deals = list(deals)
    total = sum(deal["amount"] for deal in deals)
    return float(sum(d["amount"] for d in deals if d["stage"] == "won") / total) if total else None


def cohort_rate(stages: Iterable[str]) -> float | None:
    """Return won / created, unknown while one is open."""
    stages = list(stages)
    return None if "discovery" in stages else stages.count("won") / len(stages)


def discount(pairs: Iterable[tuple[float, float]]) -> float | None:
    """Return 1 - amount / list amount."""
    pairs = list(pairs)
    listed = sum(pair[0] for pair in pairs)
    return 1 - sum(pair[1] for pair in pairs) / listed if listed else None


@pytest.fixture(scope="module")
def ledger(payment_rows: dict[str, list[Row]]) -> Ledger:
    """All facts of sales, booked by hand."""
    ledger = Ledger(payment_rows)
    for book in (sign_contracts, collect_cash, set_targets, follow_deals, count_calls):
        book(ledger)
    return ledger


@pytest.fixture(scope="module")
def sales(payment_warehouse: duckdb.DuckDBPyConnection) -> dict[Key, Row]:
    """Built rows by key."""
    rows = fetch(payment_warehouse, "select * from payment.sales_monthly")
    built = {(r["month"], r["level"], r["owner"], r["product"]): r for r in rows}
    assert len(built) == len(rows)
    return built


COUNTS = (
    "sales_amount",
    "cash_collected",
    "orders",
    "orders_new",
    "orders_renewal",
    "orders_expansion",
    "opps_created",
)


@pytest.mark.parametrize("name", COUNTS)
def test_sums_equal_the_naive_ledger(ledger: Ledger, sales: dict[Key, Row], name: str) -> None:
    expected = ledger.total(name)
    assert any(expected.values())
    assert set(expected) <= set(sales)
    for key, row in sales.items():
        # amounts of lines and of cash are split to the cent, contract by contract
        assert float(row[name]) == pytest.approx(expected.get(key, 0), abs=0.6), key


@pytest.mark.parametrize("name", ["attempts", "effective_connects"])
def test_calls_are_counted_for_the_product_all_only(
    ledger: Ledger, sales: dict[Key, Row], name: str
) -> None:
    expected = ledger.total(name)
    for key, row in sales.items():
        assert row[name] == (expected.get(key, 0) if key[3] == "ALL" else None), key


@pytest.mark.parametrize(
    ("column", "name", "how"),
    [
        ("target", "target", sum),
        ("win_rate", "closed", win_rate),
        ("win_rate_amount", "closed", win_rate_amount),
        ("win_rate_cohort", "cohort", cohort_rate),
        ("discount_rate", "listed", discount),
        ("cycle_days_p50", "lead_days", median),
        ("opp_cycle_days_p50", "deal_days", median),
    ],
)
def test_rates_and_medians_equal_the_naive_ledger(
    ledger: Ledger, sales: dict[Key, Row], column: str, name: str, how: Callable[..., Any]
) -> None:
    expected = ledger.total(name, how)
    assert len(expected) > 20
    for key, row in sales.items():
        built = None if row[column] is None else float(row[column])
        assert built == pytest.approx(expected.get(key), abs=1e-3), key


def test_attainment_and_deal_size_are_ratios_of_sums(ledger: Ledger, sales: dict[Key, Row]) -> None:
    amounts, orders, targets = (ledger.total(n) for n in ("order_amount", "orders", "target"))
    booked = ledger.total("sales_amount")
    assert any(target == 0 for target in targets.values())
    for key, row in sales.items():
        size = amounts[key] / orders[key] if orders.get(key) else None
        assert row["avg_deal_size"] == pytest.approx(size, abs=0.2), key
        attainment = booked.get(key, 0) / targets[key] if targets.get(key) else None
        assert row["quota_attainment"] == pytest.approx(attainment, abs=1e-3), key
        if key[3] == "ALL":
            connects = row["effective_connects"]
            rate = row["opps_created"] / connects if connects else None
            assert row["connect_to_opp_rate"] == pytest.approx(rate), key


def test_percentile_ranks_owners_with_and_without_a_target_apart(sales: dict[Key, Row]) -> None:
    owners = [key for key in sales if key[1] == "owner"]
    for key in owners:
        row = sales[key]
        peers = [
            sales[other]
            for other in owners
            if (other[0], other[3]) == (key[0], key[3])
            and (sales[other]["quota_attainment"] is None) == (row["quota_attainment"] is None)
        ]
        measure = "sales_amount" if row["quota_attainment"] is None else "quota_attainment"
        below = sum(peer[measure] < row[measure] for peer in peers)
        expected = below / (len(peers) - 1) if len(peers) > 1 else 0
        assert row["percentile"] == pytest.approx(expected), key


def test_an_owner_who_changes_team_counts_for_the_new_one(sales: dict[Key, Row]) -> None:
    months = {(key[0], key[2]) for key in sales if key[1] == "team"}
    assert (date(2025, 2, 1), "north") in months
    for month, members in ((2, ("o3",)), (4, ("o2", "o3"))):
        south = sales[date(2025, month, 1), "team", "south", "ALL"]
        rows = [sales.get((date(2025, month, 1), "owner", o, "ALL")) for o in members]
        assert south["sales_amount"] == sum(row["sales_amount"] for row in rows if row)


def test_owners_add_up_to_the_company(sales: dict[Key, Row]) -> None:
    totals: dict[tuple[str, date, str], Any] = defaultdict(int)
    for (month, level, _, product), row in sales.items():
        for name in ("sales_amount", "cash_collected", "orders", "closed_count"):
            value = row["win_rate_den"] if name == "closed_count" else row[name]
            totals[level, month, product] += value
    for (level, month, product), total in totals.items():
        assert total == totals["ALL", month, product], (level, month, product)
    assert {key[2] for key in sales if key[1] == "owner"} == {*OWNERS, "(none)", "stranger"}
