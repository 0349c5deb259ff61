"""Marketing's exports of the demo (T3, T13, T14, T23, T24), judged from their files alone."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import pytest
import yaml

import throughline
from demo_case import exported_rows, latest
from throughline.demo import campaigns
from throughline.demo.ledger import Ledger
from throughline.demo.times import DAY, local, start_of
from throughline.demo.world import World

WORLD = World(7, "default", date(2025, 1, 1), date(2026, 6, 29))
SEEN = [
    (start_of(WORLD.start.toordinal()) + 2300 * number, f"ck-{number:05d}", number % 5 == 0)
    for number in range(20_000)
]
"""Visitors of the site over 532 days, a fifth of whom leave a form."""
LEFT = {cookie for _, cookie, left in SEEN if left}
Rows = list[dict[str, str]]
Told = tuple[dict[str, Any], dict[str, Rows], Ledger]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The truth, the rows of every export, and what the CRM knows."""
    folder: Path = tmp_path_factory.mktemp("campaigns")
    ledger = Ledger()
    campaigns.tell(ledger, WORLD)
    truth = campaigns.write(folder, WORLD, SEEN)
    return truth, exported_rows(folder), ledger


def lower_bound_of_ratio(hits: tuple[int, int], people: tuple[int, int]) -> float:
    """Lower end of the 95 % interval of the first rate over the second."""
    (x, y), (n, m) = hits, people
    return exp(log((x / n) / (y / m)) - 1.96 * sqrt(1 / x - 1 / n + 1 / y - 1 / m))


def test_the_summit_earns_what_was_planted_and_the_roadshow_loses_half(told: Told) -> None:
    truth, rows, ledger = told
    accounts = {row["phone"]: row["account_id"]
                for row in latest(ledger, "contacts", "contact_id").values()}  # fmt: skip
    visited: dict[str, list[str]] = defaultdict(list)
    for row in rows["registrations"]:
        if row["checked_in_at"] and row["phone"] in accounts:
            visited[accounts[row["phone"]]].append(row["event_id"])
    revenue: Counter[str] = Counter()
    for contract in latest(ledger, "contracts", "contract_id").values():
        for event_id in visited[contract["account_id"]]:
            revenue[event_id] += contract["amount"] / len(visited[contract["account_id"]])
    cost: Counter[str] = Counter()
    for row in rows["event_costs"]:
        cost[row["event_id"]] += float(row["amount"])
    found = {event: revenue[event] / cost[event] - 1 for event in cost}
    assert found == pytest.approx({"mkt-summit": 1.8, "mkt-roadshow": -0.5})
    assert {event: said["roi"] for event, said in truth["fairs"].items()} == pytest.approx(found)


def test_who_asks_for_the_price_leaves_a_form_more_often_than_who_asks_how_to(told: Told) -> None:
    truth, rows, _ = told
    patterns = {"price": ("价格", "报价", "多少钱"), "how_to": ("怎么", "教程", "如何")}
    found = {}
    for intent, words in patterns.items():
        who = [row["anonymous_id"] for row in rows["search_terms"]
               if any(word in row["term"] for word in words)]  # fmt: skip
        assert len(set(who)) == len(who) >= 800
        found[intent] = len(who), sum(cookie in LEFT for cookie in who)
    said = truth["searches"]
    assert found == {name: (said[name]["searchers"], said[name]["captured"]) for name in patterns}
    rates = {name: captured / people for name, (people, captured) in found.items()}
    assert rates == {"price": 0.15, "how_to": 0.06}
    (n, x), (m, y) = found["price"], found["how_to"]
    assert lower_bound_of_ratio((x, y), (n, m)) > 1


def test_who_does_the_tasks_has_readers_who_leave_a_form_twice_as_often(told: Told) -> None:
    truth, rows, _ = told
    staff_of = {row["short_code"]: row["staff_id"] for row in rows["links"]}
    tasks, done, readers = Counter(), Counter(), defaultdict(set)
    for row in rows["staff_tasks"]:
        tasks[row["staff_id"]] += 1
        done[row["staff_id"]] += bool(row["done_at"]) and row["done_at"] <= row["due_at"]
    for row in rows["content_events"]:
        if row["kind"] == "view":
            readers[staff_of[row["share_id"]]].add(row["anonymous_id"])
    hits, people = [], []
    for group, share in (("diligent", 0.9), ("lax", 0.5)):
        said = truth["shares"][group]
        assert {done[who] / tasks[who] for who in said["staff"]} == {share}
        who_read = set().union(*(readers[who] for who in said["staff"]))
        people.append(len(who_read))
        hits.append(len(who_read & LEFT))
        assert (people[-1], hits[-1]) == (said["readers"], said["captured"])
    assert min(people) >= 1500
    assert [hit / count for hit, count in zip(hits, people, strict=True)] == [0.12, 0.06]
    assert lower_bound_of_ratio((hits[0], hits[1]), (people[0], people[1])) > 1


def test_readings_happen_after_the_link_was_made_and_just_before_the_visit(told: Told) -> None:
    _, rows, _ = told
    made = {row["short_code"]: row["active_from"] for row in rows["links"]}
    came = {cookie: local(second) for second, cookie, _ in SEEN}
    for row in rows["link_clicks"]:
        assert made[row["short_code"]] <= row["ts"][:10]
        assert row["ts"] < came[row["anonymous_id"]]


def test_search_comes_first_an_event_in_the_middle_and_an_ad_last(told: Told) -> None:
    truth, rows, ledger = told
    cookies = {row["phone"]: row["anonymous_id"]
               for row in rows["forms"] if row["type"] == "whitepaper"}  # fmt: skip
    views: dict[str, Rows] = defaultdict(list)
    for row in rows["pageviews"]:
        views[row["anonymous_id"]].append(row)
    met = {cookies[row["phone"]]: row["checked_in_at"]
           for row in rows["registrations"] if row["phone"] in cookies}  # fmt: skip
    contacts = latest(ledger, "contacts", "contact_id")
    deals = [row for row in latest(ledger, "opportunities", "opportunity_id").values()
             if contacts.get(row["primary_contact_id"], {}).get("phone") in cookies]  # fmt: skip
    assert len(deals) == len(cookies) == truth["paths"]["conversions"] >= 600
    for deal in deals:
        cookie = cookies[contacts[deal["primary_contact_id"]]["phone"]]
        first, *_, ad, _ = sorted(views[cookie], key=lambda row: row["event_time"])
        assert (first["referrer"], first["utm_source"]) == ("https://www.baidu.com/", "")
        assert (ad["utm_source"], ad["utm_medium"]) == ("baidu", "cpc")
        accepted = local(deal["accepted_at"])
        assert first["event_time"] < met[cookie] < ad["event_time"] < accepted
        assert first["event_time"] > local(deal["accepted_at"] - 90 * DAY)
        assert local(deal["closed_at"]) < str(WORLD.history_until)
        assert deal["is_won"] is False


def test_the_third_page_loses_visitors_on_the_phone_to_the_terms_of_payment(told: Told) -> None:
    truth, rows, _ = told
    steps = truth["leak"]["steps"]
    visits: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in rows["pageviews"]:
        visits[row["device"], row["anonymous_id"]].append(row)
    reached: dict[str, Counter[int]] = {"mobile": Counter(), "desktop": Counter()}
    after: Counter[str] = Counter()
    for (device, _), seen in visits.items():
        paths = [row["url_path"] for row in sorted(seen, key=lambda row: row["event_time"])]
        if paths[0] != steps[0]:
            continue
        last = max(place for place, path in enumerate(paths) if path in steps)
        depth = max(steps.index(path) for path in paths if path in steps) + 1
        for step in range(depth):
            reached[device][step] += 1
        if device == "mobile" and depth == 2:
            after[paths[2] if len(paths) > 2 else f"gone after {last}"] += 1
    assert {device: [counts[step] for step in range(4)] for device, counts in reached.items()} == (
        truth["leak"]["reached"]
    )
    lost = {device: [round(1 - counts[step] / counts[step - 1], 2) for step in (1, 2, 3)]
            for device, counts in reached.items()}  # fmt: skip
    assert lost == {"mobile": [0.15, 0.4, 0.15], "desktop": [0.15, 0.15, 0.15]}
    assert reached["mobile"][1] >= 1000
    (top, count), *_ = after.most_common()
    assert (top, count / sum(after.values())) == ("/h5/terms", pytest.approx(0.6))


def test_every_check_in_lies_within_its_event(told: Told) -> None:
    _, rows, _ = told
    events = {row["event_id"]: row for row in rows["events"]}
    came = [row for row in rows["registrations"] if row["checked_in_at"]]
    assert len(came) > 600
    for row in came:
        event = events[row["event_id"]]
        assert event["status"] == "held"
        begin = datetime.fromisoformat(event["start_at"]) - timedelta(hours=4)
        assert str(begin) <= row["checked_in_at"] <= event["end_at"]
        assert row["registered_at"] < row["checked_in_at"]


def test_every_export_is_a_stream_of_its_source() -> None:
    for name, headers in (("campaigns", campaigns.CAMPAIGNS), ("content", campaigns.CONTENT)):
        folder = Path(throughline.__file__).parent / "sources" / f"demo_{name}"
        source = yaml.safe_load((folder / "source.yml").read_text(encoding="utf-8"))
        paths = {stream["path"].rpartition("/")[2] for stream in source["streams"].values()}
        assert paths == set(headers)


def test_what_was_exported_is_never_changed(tmp_path: Path) -> None:
    truth = campaigns.write(tmp_path, WORLD, SEEN)
    kept = {path: path.read_bytes() for path in tmp_path.glob("*/*")}
    later = [*SEEN, (start_of(WORLD.history_until.toordinal() + 3), "ck-late", True)]
    assert campaigns.write(tmp_path, WORLD, later) == truth
    assert {path: path.read_bytes() for path in tmp_path.glob("*/*")} == kept
