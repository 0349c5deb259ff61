"""Urgent leads win more often (T11), judged from the exports and the CRM alone."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest

from demo_case import exported_rows, latest
from throughline.demo import campaigns, pilot, priority
from throughline.demo.ledger import Ledger
from throughline.demo.times import date_of, start_of
from throughline.demo.world import World

WORLDS = [World(seed, "default", date(2025, 1, 1), date(2026, 6, 28)) for seed in (7, 8, 9)]
CORE = {"create_quote", "approve_order", "invite_member", "reconcile_bill", "export_report"}
"""The virtual event `core_features`."""
Told = tuple[World, dict[str, Any], dict[str, str], Ledger]


@pytest.fixture(scope="module", params=WORLDS, ids=lambda world: f"seed {world.seed}")
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The world, what is said to be true, the class of every lead by its form, and the CRM."""
    world, folder = request.param, tmp_path_factory.mktemp("priority")
    ledger = Ledger()
    priority.tell(ledger, world)
    truth = campaigns.write(folder, world, [])["priority"]
    pilot.write(folder, world)
    return world, truth, classes(folder, truth["as_of"]), ledger


def classes(folder: Path, as_of: date) -> dict[str, str]:
    """Class of everybody who registered on a campaign page, by the form with which they did."""
    rows = exported_rows(folder)
    logins: dict[str, list[date]] = defaultdict(list)
    uses: dict[str, list[date]] = defaultdict(list)
    cookies = {}
    for row in rows["pilot_events"]:
        day = date.fromisoformat(row["event_time"][:10])
        assert day <= as_of or row["login_id"].startswith("u-pilot-")
        if row["type"] == "track_signup":
            cookies[row["original_id"]] = row["login_id"]
        elif row["event"] == "login":
            logins[row["login_id"]].append(day)
        elif row["event"] in CORE and 0 <= (as_of - day).days < 14:
            uses[row["login_id"]].append(day)
    forms = {row["event_id"]: cookies[row["anonymous_id"]]
             for row in rows["forms"] if row["type"] == "register"}  # fmt: skip
    used = [len(uses[login]) for login in forms.values() if uses[login]]
    high = quantiles(used, n=4, method="inclusive")[2]
    return {form: judge(logins[login], uses[login], high, as_of) for form, login in forms.items()}


def judge(logins: list[date], uses: list[date], high: float, as_of: date) -> str:
    """Class of a lead on a day: the first rule of L16 that holds."""
    logins = sorted(logins)
    back = as_of - timedelta(days=2)
    if any(login >= back and (login - before).days >= 14 for before, login in pairwise(logins)):
        return "P0"
    lately = sum((as_of - day).days < 7 for day in uses)
    if len(uses) >= high and (lately + 1) / (len(uses) - lately + 1) >= 1:
        return "P1"
    silent = (as_of - logins[-1]).days if logins else 999
    return "P2" if silent <= 3 else "P3" if silent < 14 else "P4"


def test_reawakened_and_busy_leads_win_three_times_as_often_as_silent_ones(told: Told) -> None:
    _, truth, found, ledger = told
    kinds = {name: found[row["source_event_id"]]
             for name, row in latest(ledger, "leads", "lead_id").items()}  # fmt: skip
    people = Counter(kinds.values())
    ended: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for deal in latest(ledger, "opportunities", "opportunity_id").values():
        ended[deal["is_won"]][kinds[deal["lead_id"]]] += 1
    assert {
        name: {"leads": people[name], "won": ended[True][name], "lost": ended[False][name]}
        for name in sorted(people)
    } == truth["classes"]
    urgent = people["P0"] + people["P1"]
    assert urgent >= 400
    assert people["P4"] >= 1000
    rate = (ended[True]["P0"] + ended[True]["P1"]) / urgent
    assert rate / (ended[True]["P4"] / people["P4"]) >= 2


def test_what_was_won_was_opened_after_the_day_and_closed_within_history(told: Told) -> None:
    world, truth, _, ledger = told
    length = world.history_until - world.start
    assert truth["as_of"] >= world.start + length * 2 / 3
    for deal in latest(ledger, "opportunities", "opportunity_id").values():
        assert truth["as_of"] < date_of(deal["created_at"]) <= date_of(deal["closed_at"])
        assert date_of(deal["closed_at"]) < world.history_until
    begun = [row["created_at"] for row in latest(ledger, "leads", "lead_id").values()]
    assert max(begun) < start_of(truth["as_of"].toordinal())
    assert min(begun) >= start_of(world.start.toordinal())


def test_channels_earn_nothing_by_it_and_the_policy_has_no_part_in_it(told: Told) -> None:
    ledger = told[3]
    for table in ("contracts", "invoices", "payments"):
        assert table not in ledger.crm
    assert {kind for kind, _, _ in ledger.facts} == {"lead", "node", "other_node"}
    assert {row["status"] for _, row in ledger.crm["lead_status_history"]} == {
        "new", "working", "converted",
    }  # fmt: skip


def test_a_history_too_short_for_it_has_none_and_a_tiny_one_a_few_dozen() -> None:
    short = World(7, "tiny", date(2026, 4, 1), date(2026, 5, 2))
    assert not priority.prospects(short)
    tiny = World(7, "tiny", date(2026, 4, 1), date(2026, 6, 27))
    told = Counter(known.kind for known in priority.prospects(tiny))
    assert told == {"P0": 15, "P1": 6, "P2": 5, "P3": 5, "P4": 50}
