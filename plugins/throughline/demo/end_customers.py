"""What tenants of the product do with their own customers; every sum is in the manifest."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from throughline.demo import exports
from throughline.demo.exports import Rows
from throughline.demo.times import local, start_of
from throughline.demo.world import World

HEADERS = {
    "end_customers.csv.gz": "tenant_id,end_customer_id,created_at,updated_at",
    "end_customer_days.csv.gz": "tenant_id,end_customer_id,date,events",
    "end_customer_orders.csv.gz": "tenant_id,order_id,end_customer_id,ts,amount,currency,"
                                  "updated_at,is_deleted",
}  # fmt: skip
TENANTS, CUSTOMERS, DAYS = 60, 30, 28
"""At most that many tenants, with up to so many customers each, over the last days of history."""


def write(folder: Path, world: World, users: list[tuple[int, str]]) -> dict[str, Any]:
    """Write the exports below `product/` where there are none; returns what is true of them.

    `users`: second of the first day and login of the product's users; the first user of a tenant
    opened it.
    """
    rng, rows = Random(f"end_customers:{world.seed}"), exports.blank(HEADERS)
    first = world.history_until.toordinal() - DAYS
    opened = [login for second, login in users if second < start_of(first)]
    tenants = [f"t-{login[2:-2]}" for login in opened if login.endswith("-1")][:TENANTS]
    truth = {tenant: _trade(rng, rows, tenant, first) for tenant in tenants}
    exports.write(folder / "product", HEADERS, rows)
    return {"tenants": truth}


def _trade(rng: Random, rows: Rows, tenant: str, first: int) -> dict[str, Any]:
    """A tenant's customers, their days and orders; every twentieth order is cancelled.

    Ids of customers and orders are numbers that every tenant uses again.
    """
    truth = {"customers": 5 + int(rng.random() * (CUSTOMERS - 5)), "events": 0, "orders": 0,
             "amount": Decimal(0)}  # fmt: skip
    number = 0
    for customer in range(1, truth["customers"] + 1):
        came = local(start_of(first + int(rng.random() * 7)) + 9 * 3600)
        rows["end_customers.csv.gz"].append((tenant, f"k{customer}", came, came))
        for day in range(first + 7, first + DAYS):
            if rng.random() > 0.15:
                continue
            events = 1 + int(rng.random() * 6)
            truth["events"] += events
            rows["end_customer_days.csv.gz"].append(
                (tenant, f"k{customer}", date.fromordinal(day), events)
            )
            if rng.random() < 0.3:
                number += 1
                placed = start_of(day) + 12 * 3600 + number
                amount, kept = Decimal(500 + int(rng.random() * 20_000)) / 100, number % 20 != 0
                truth["orders"] += kept
                truth["amount"] += amount if kept else 0
                rows["end_customer_orders.csv.gz"].append(
                    (tenant, f"o{number}", f"k{customer}", local(placed), amount, "CNY",
                     local(placed if kept else placed + 3600), str(not kept).lower())
                )  # fmt: skip
    return truth
