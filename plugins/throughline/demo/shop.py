"""Orders of consumers in the private domain: one export of history, and a weekly list of all ids.

Planted (spec: T15): what a customer spent is log-normal, and five customers of each of the eight
RFM classes are named. A few orders were entered by mistake; the shop removes them without a trace,
so only its lists of ids show that they are gone.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import exp
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

from throughline.demo import exports, staff
from throughline.demo.times import DAY, local, start_of
from throughline.demo.world import World

MU, SIGMA = 6.2, 0.8
"""Of the natural logarithm of what a customer paid, less what was paid back, CNY."""
CLASSES = {
    "重要价值": (True, True, True), "重要保持": (False, True, True),
    "重要发展": (True, False, True), "重要挽留": (False, False, True),
    "一般价值": (True, True, False), "一般保持": (False, True, False),
    "一般发展": (True, False, False), "一般挽留": (False, False, False),
}  # fmt: skip
"""Class of a customer who bought lately, often, and much, or not: above the medians of all."""
NAMED = 5
UNPAID, REFUNDED = 0.08, 0.05
MISTAKES, A_WEEK = 9, 3
ORDERS = (
    "order_id,customer_uid,staff_id,created_at,paid_at,amount,currency,refund_amount,refunded_at,"
    "items,updated_at"
)
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Customer:
    """One consumer: days since the last paid order, paid orders, and cents spent."""

    uid: str
    recency: int
    orders: int
    cents: int


def customers(world: World) -> list[str]:
    """Ids of everybody who buys; the named ones come first."""
    count = max(240, min(12_000, round(3000 * world.scale)))
    return [f"wx-{number:05d}" for number in range(1, count + 1)]


def write(folder: Path, world: World, end: date) -> dict[str, Any]:
    """Write orders of history and lists of ids up to `end` below `scrm/`; return what is true."""
    rng = Random(f"shop:{world.seed}")
    span = min(300, (world.history_until - world.start).days - 8)
    uids = customers(world)
    people = [*_named(uids, span), *(_drawn(rng, uid, span) for uid in uids[NAMED * 8 :])]
    rows = [row for person in people for row in _orders(rng, world, person, span)]
    mistakes = [_mistake(world, number) for number in range(MISTAKES)]
    rows = sorted([*rows, *mistakes], key=lambda row: (row[3], row[0]))
    label = f"{world.start}_{world.history_until}"
    headers, files, gone = {f"orders_{label}.csv.gz": ORDERS}, {f"orders_{label}.csv.gz": rows}, {}
    for day, lost in lists(world, end):
        name, missing = f"order_keys_{day}.csv.gz", [f"so-m-{number}" for number in range(lost)]
        headers[name], gone[str(day)] = "order_id", missing
        files[name] = [row[:1] for row in rows if row[0] not in missing]
    exports.write(folder / "scrm", headers, files)
    return {"orders": {**_truth(people, rows), "gone_on": gone},
            "files": {"orders": {"entity": "order", "windows": {label: {
                "rows": len(rows), "accepted": len(rows), "rejected": {}}}}}}  # fmt: skip


def lists(world: World, end: date) -> list[tuple[date, int]]:
    """Days of the lists of ids, the end of history and Mondays, and mistakes gone by then."""
    day, found = world.history_until, [(world.history_until, 0)]
    monday = day + timedelta(days=7 - day.weekday())
    while monday <= end:
        found.append((monday, min(MISTAKES, A_WEEK * len(found))))
        monday += timedelta(days=7)
    return found


def _named(uids: list[str], span: int) -> list[Customer]:
    """The named members of each class, far from every median."""
    found = []
    for place, (lately, often, much) in enumerate(CLASSES.values()):
        cents = round(100 * exp(MU + (1.5 if much else -1.5) * SIGMA))
        for number in range(NAMED):
            uid = uids[place * NAMED + number]
            recency = 2 + number if lately else span - 1 - number
            found.append(Customer(uid, recency, 9 + number if often else 1, cents + number))
    return found


def _drawn(rng: Random, uid: str, span: int) -> Customer:
    cents = round(100 * rng.lognormvariate(MU, SIGMA))
    orders = 1 + int(rng.expovariate(0.5))
    return Customer(uid, 2 + int(rng.random() * (span - 2)), min(orders, 12), cents)


def _orders(rng: Random, world: World, person: Customer, span: int) -> list[Row]:
    """What a customer ordered: as many paid orders as are due, and now and then one never paid."""
    last = world.history_until.toordinal() - person.recency
    days = [last - int(rng.random() * (span - person.recency)) for _ in range(person.orders - 1)]
    rows, left = [], person.cents
    for number, day in enumerate([*sorted(days), last], start=1):
        parts = person.orders - number
        share = left if not parts else max(1, int(left / (parts + 1) * (0.5 + rng.random())))
        left -= share
        rows.append(_order(rng, person.uid, number, day, share))
    if rng.random() < UNPAID:
        placed = start_of(last) + 8 * 3600
        rows.append((f"so-{person.uid}-0", person.uid, _seller(rng), local(placed), "",
                     Decimal(4900) / 100, "CNY", "", "", 1, local(placed)))  # fmt: skip
    return rows


def _order(rng: Random, uid: str, number: int, day: int, net: int) -> Row:
    """One paid order that leaves `net` cents; some were larger and partly paid back."""
    placed = start_of(day) + 9 * 3600 + int(rng.random() * 11 * 3600)
    paid = changed = placed + 20 + int(rng.random() * 1800)
    back, returned = "", ""
    if rng.random() < REFUNDED:
        changed = paid + 3600 + int(rng.random() * DAY / 2)
        cents = 100 + int(net * rng.random())
        net, back, returned = net + cents, Decimal(cents) / 100, local(changed)
    return (f"so-{uid}-{number}", uid, _seller(rng), local(placed), local(paid),
            Decimal(net) / 100, "CNY", back, returned, 1 + int(rng.random() * 4),
            local(changed))  # fmt: skip


def _seller(rng: Random) -> str:
    return staff.SUCCESS[int(rng.random() * len(staff.SUCCESS))]


def _mistake(world: World, number: int) -> Row:
    """An order of nobody, entered by mistake."""
    placed = start_of(world.history_until.toordinal() - 20 - number) + 10 * 3600
    return (f"so-m-{number}", "", staff.SUCCESS[0], local(placed), local(placed + 60),
            Decimal("9999.00"), "CNY", "", "", 99, local(placed + 60))  # fmt: skip


def _truth(people: list[Customer], rows: list[Row]) -> dict[str, Any]:
    """Thresholds and classes of everybody who paid, at the end of history."""
    spent = [person.cents for person in people]
    middles = [median(values) for values in (
        [person.recency for person in people], [person.orders for person in people], spent
    )]  # fmt: skip
    marks = {
        person.uid: (person.recency <= middles[0], person.orders > middles[1],
                     person.cents > middles[2])
        for person in people
    }  # fmt: skip
    names = {mark: name for name, mark in CLASSES.items()}
    counted = Counter(names[mark] for mark in marks.values())
    named = {name: [people[place * NAMED + number].uid for number in range(NAMED)]
             for place, name in enumerate(CLASSES)}  # fmt: skip
    kept = [row for row in rows if row[1]]
    return {
        "mu": MU, "sigma": SIGMA, "customers": len(people), "placed": len(kept),
        "unpaid": sum(not row[4] for row in kept),
        "refunded": sum((row[7] for row in kept if row[7]), Decimal(0)),
        "net": Decimal(sum(spent)) / 100,
        "quartiles": [cut / 100 for cut in quantiles(spent, n=4, method="inclusive")],
        "medians": {"recency_days": middles[0], "orders": middles[1], "net": middles[2] / 100},
        "classes": dict(counted), "named": named,
    }  # fmt: skip
