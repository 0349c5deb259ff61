"""The change of sales policy (T12): more valid leads become opportunities, nothing else changes."""

from collections import Counter
from datetime import date
from math import sqrt
from random import Random

import pytest
from scipy.stats import norm

from throughline.demo import arrivals, leads, policy
from throughline.demo.arrivals import Day
from throughline.demo.channels import CHANNELS
from throughline.demo.leads import Lead
from throughline.demo.ledger import Ledger
from throughline.demo.times import start_of
from throughline.demo.world import World

WORLD = World(7, "default", date(2025, 1, 1), date(2026, 6, 29))
LEADS = 17_000
"""About as many as the default size has."""


def test_the_policy_begins_on_a_first_of_a_month_near_the_middle() -> None:
    assert policy.begins(WORLD) == date(2025, 10, 1)
    assert policy.begins(World(7, "tiny", date(2026, 4, 1), date(2026, 6, 28))) == date(2026, 5, 1)
    first = start_of(policy.begins(WORLD).toordinal())
    assert [policy.in_force(WORLD, first + shift) for shift in (-1, 0)] == [False, True]


def test_six_more_of_a_hundred_valid_leads_become_opportunities() -> None:
    rng = Random(7)
    begin = start_of(policy.begins(WORLD).toordinal())
    expected = [channel.visitors * channel.form_rate + channel.imports for channel in CHANNELS]
    valid: Counter[bool] = Counter()
    opened: Counter[bool] = Counter()
    for number, channel in enumerate(rng.choices(CHANNELS, expected, k=LEADS)):
        after = number % 2 == 1
        lead = Lead(f"L-{number}", 0, channel, None, None, leads.fate_of(rng, channel), {})
        if lead.fate not in ("paid", "lost", "valid"):
            continue
        second = begin if after else begin - 1
        pursued = policy.pursuit(WORLD, lead, second) is not None
        assert not pursued or (after and lead.fate == "valid")
        valid[after] += 1
        opened[after] += pursued or lead.fate in ("paid", "lost")
    rates = {side: opened[side] / valid[side] for side in (False, True)}
    spread = sqrt(sum(rates[side] * (1 - rates[side]) / valid[side] for side in rates))
    gain = rates[True] - rates[False]
    assert gain / spread > 1.96
    assert abs(gain - 0.06) < norm.ppf(0.9995) * spread


def told(gain: float, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Some days after the policy began, with a policy of that gain."""
    monkeypatch.setattr(policy, "GAIN", gain)
    ledger = Ledger()
    for offset in range(3):
        day = Day(date(2026, 2, 3).toordinal() + offset, WORLD)
        arrivals.arrive(Random(f"policy {offset}"), ledger, day)
    return ledger


def test_only_the_leads_that_the_policy_pursues_have_another_story(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without, under = told(0.0, monkeypatch), told(0.06, monkeypatch)
    assert under.files["pageviews"] == without.files["pageviews"]
    assert under.files["app_events"] == without.files["app_events"]
    assert under.tenants.keys() == without.tenants.keys()
    kept = {row["opportunity_id"] for _, row in without.crm["opportunities"]}
    more = {
        row["opportunity_id"]: row
        for _, row in under.crm["opportunities"]
        if row["opportunity_id"] not in kept
    }
    assert more
    assert {row["stage"] for row in more.values()} == {"lost"}
    pursued = {row["lead_id"] for row in more.values()}
    for table, versions in without.crm.items():
        others = [v for v in under.crm[table] if v[1].get("lead_id") not in pursued]
        if table in ("leads", "lead_status_history"):
            assert others == [v for v in versions if v[1]["lead_id"] not in pursued]
        if table in ("contracts", "payments"):
            assert under.crm[table] == versions
