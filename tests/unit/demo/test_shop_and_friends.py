"""Consumers of the demo (T15): what they spent, their classes, and orders that vanish."""

import math
from collections import defaultdict
from datetime import date
from pathlib import Path
from statistics import mean, quantiles
from typing import Any

import pytest
from scipy.stats import kstest, norm

from demo_case import exported_rows
from throughline.demo import friends, shop
from throughline.demo.world import World

WORLD = World(7, "default", date(2025, 1, 1), date(2026, 6, 28))
END = date(2026, 7, 21)
Told = tuple[dict[str, Any], dict[str, list[dict[str, str]]]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The truth, and the rows of every export."""
    folder: Path = tmp_path_factory.mktemp("private_domain")
    truth = shop.write(folder, WORLD, END) | friends.write(folder, WORLD)
    return truth, exported_rows(folder)


def paid_orders(told: Told) -> dict[str, list[dict[str, str]]]:
    """Paid orders by customer."""
    found = defaultdict(list)
    for row in told[1]["orders_2025-01-01_2026-06-28"]:
        if row["paid_at"] and row["customer_uid"]:
            found[row["customer_uid"]].append(row)
    return found


def cents(orders: list[dict[str, str]]) -> int:
    """What is left of what was paid."""
    left = sum(float(row["amount"]) - float(row["refund_amount"] or 0) for row in orders)
    return round(100 * left)


def test_what_customers_spent_is_log_normal_with_the_planted_parameters(told: Told) -> None:
    named = {uid for uids in told[0]["orders"]["named"].values() for uid in uids}
    logs = [
        math.log(cents(orders) / 100)
        for uid, orders in paid_orders(told).items()
        if uid not in named
    ]
    assert len(logs) == 2960
    spread = math.sqrt(sum((value - 6.2) ** 2 for value in logs) / len(logs))
    far = norm.ppf(0.9995)
    assert abs(mean(logs) - 6.2) < far * 0.8 / math.sqrt(len(logs))
    assert abs(spread / 0.8 - 1) < far / math.sqrt(2 * len(logs))
    assert kstest(logs, norm(6.2, 0.8).cdf).pvalue > 0.001


def test_quartiles_and_named_members_are_found_again_in_the_orders(told: Told) -> None:
    truth = told[0]["orders"]
    people = paid_orders(told)
    spent = {uid: cents(orders) for uid, orders in people.items()}
    cuts = quantiles(spent.values(), n=4, method="inclusive")
    assert [cut / 100 for cut in cuts] == pytest.approx(truth["quartiles"])
    last = {uid: max(row["paid_at"][:10] for row in orders) for uid, orders in people.items()}
    ages = {uid: (WORLD.history_until - date.fromisoformat(day)).days for uid, day in last.items()}
    middle = [
        quantiles(values, n=2, method="inclusive")[0]
        for values in (ages.values(), map(len, people.values()), spent.values())
    ]
    assert set(truth["named"]) == set(shop.CLASSES)
    for name, uids in truth["named"].items():
        assert len(uids) == 5
        for uid in uids:
            mark = (ages[uid] <= middle[0], len(people[uid]) > middle[1], spent[uid] > middle[2])
            assert mark == shop.CLASSES[name], uid
    assert sum(truth["classes"].values()) == truth["customers"] == len(people)


def test_lists_of_ids_lose_what_was_entered_by_mistake_and_nothing_else(told: Told) -> None:
    truth, rows = told
    everything = {row["order_id"] for row in rows["orders_2025-01-01_2026-06-28"]}
    days = ["2026-06-28", "2026-06-29", "2026-07-06", "2026-07-13", "2026-07-20"]
    assert list(truth["orders"]["gone_on"]) == days
    lost = []
    for day in days:
        there = {row["order_id"] for row in rows[f"order_keys_{day}"]}
        assert everything - there == set(truth["orders"]["gone_on"][day])
        lost.append(len(everything - there))
    assert lost == [0, 3, 6, 9, 9]


def test_friends_tasks_and_referrals_are_as_the_manifest_says(told: Told) -> None:
    truth, rows = told[0]["private_domain"], told[1]
    assert len(rows["friend_requests"]) == truth["requests"] == 3000
    accepted = sum(bool(row["accepted_at"]) for row in rows["friend_requests"])
    assert accepted == len(rows["friends"]) == truth["accepted"]
    assert sum(bool(row["removed_at"]) for row in rows["friends"]) == truth["removed"]
    done = [row["done_at"] and row["done_at"] <= row["due_at"] for row in rows["tag_tasks"]]
    assert (len(done), sum(map(bool, done))) == (truth["tasks"], truth["in_time"])
    assert sum(bool(row["first_paid_at"]) for row in rows["referrals"]) == truth["first_paid"] > 0
    until = str(WORLD.history_until) + " 23:59:59"
    for name in ("friends", "messages", "tag_tasks", "referrals", "orders_2025-01-01_2026-06-28"):
        column = "ts" if name == "messages" else "updated_at"
        assert max(row[column] for row in rows[name]) <= until, name


def test_what_was_exported_is_never_changed_and_a_later_end_adds_lists_only(
    tmp_path: Path,
) -> None:
    before = shop.write(tmp_path, WORLD, date(2026, 6, 29))
    kept = {path.name: path.read_bytes() for path in (tmp_path / "scrm").iterdir()}
    after = shop.write(tmp_path, WORLD, date(2026, 7, 6))
    found = {path.name: path.read_bytes() for path in (tmp_path / "scrm").iterdir()}
    assert found.items() >= kept.items()
    assert found.keys() - kept.keys() == {"order_keys_2026-07-06.csv.gz"}
    assert {**after["orders"], "gone_on": None} == {**before["orders"], "gone_on": None}
