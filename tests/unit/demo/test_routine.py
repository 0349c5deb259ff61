"""The churn signal (T6), judged from contracts and requests as they are told at the default size.

A level is asked for on every day before a contract ends: core requests of the last 30 days by day,
against those of up to 60 days before them, within the contract. It is high at seven tenths and
less. Less than half of the use remains in a dip, so it is high about fifteen days after one began;
a tenant that works as ever is far from it, but for the odd week of a user who comes and goes.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from math import sqrt
from random import Random
from statistics import median

import pytest

from throughline.demo import arrivals, routine, usage
from throughline.demo.arrivals import Day
from throughline.demo.endpoints import CORE, ENDPOINTS
from throughline.demo.facts import Facts
from throughline.demo.ledger import FileRow, Ledger
from throughline.demo.tenants import Tenant
from throughline.demo.times import day_of
from throughline.demo.world import World

WORLD = World(7, "default", date(2025, 1, 1), date(2026, 6, 28))
FIRST, UNTIL = WORLD.start.toordinal(), WORLD.history_until.toordinal()
LAST, BEFORE, FEWEST = 30, 60, 28
"""Days that are compared, and how many of the days before there must be."""
HIGH = 0.7
SURE = 3.29
"""Standard deviations that 99.9 % of seeds keep within."""


@dataclass
class Decided:
    """A contract that ended: its days as ordinals, whether it was the last, core uses by day."""

    first: int
    last: int
    left: bool
    uses: Counter[int]

    def levels(self) -> dict[int, float]:
        """Use of the last 30 days relative to before, on every day on which both are known."""
        found = {}
        for day in range(max(self.first, self.last - 89) + LAST + FEWEST - 1, self.last + 1):
            since = max(self.first, self.last - 89, day - LAST - BEFORE + 1)
            before = sum(self.uses[number] for number in range(since, day - LAST + 1))
            last = sum(self.uses[number] for number in range(day - LAST + 1, day + 1))
            if before:
                found[day] = last / LAST / (before / (day - LAST + 1 - since))
        return found


@dataclass
class Story:
    """Requests of tenants that decided, contracts in the order of their rows, and the facts."""

    requests: list[FileRow]
    contracts: list[dict]
    facts: Facts
    logins: int = 0


@pytest.fixture(scope="module")
def story() -> Story:
    """All contracts of history; requests and logins of the tenants whose contracts ended in it."""
    ledger, tenants = Ledger(), list[Tenant]()
    told = Story([], [], Facts(WORLD.history_until, vast=True))
    for number in range(FIRST, UNTIL + 1):
        arrivals.arrive(Random(f"{WORLD.seed}:{number}"), ledger, Day(number, WORLD))
        new = [one for one in ledger.tenants.pop(number, []) if one.decisions]
        tenants += [one for one in new if one.decisions[0].last <= UNTIL]
        rng = Random(f"{WORLD.seed}:{number}:usage")
        for tenant in tenants:
            usage.day_of_tenant(rng, ledger, tenant, number, date.fromordinal(number).weekday(), 1)
        before = len(ledger.files["app_events"][number])
        for tenant in tenants:
            routine.day(ledger, WORLD, tenant, number)
        told.logins += len(ledger.files["app_events"][number]) - before
        told.requests += ledger.files["api_requests"].pop(number, [])
        told.contracts += [row for _, row in ledger.crm["contracts"]]
        told.facts.take(ledger)
        ledger.files.clear()
        ledger.crm.clear()
    return told


@pytest.fixture(scope="module")
def decided(story: Story) -> list[Decided]:
    """Every contract that ended in history; of expansions nobody decides."""
    uses: dict[str, Counter[int]] = defaultdict(Counter)
    for tag, _, second, _, _, tenant_id, _, endpoint, _ in story.requests:
        if tag is None and endpoint in ENDPOINTS and ENDPOINTS[endpoint].event in CORE:
            uses[tenant_id][day_of(second)] += 1
    renewed = {row["renewed_from"] for row in story.contracts}
    return [
        Decided(row["start_date"].toordinal(), row["end_date"].toordinal(),
                row["contract_id"] not in renewed, uses[row["account_id"].replace("acc-", "t-")])
        for row in story.contracts
        if row["kind"] != "expansion" and row["end_date"] <= WORLD.history_until
    ]  # fmt: skip


def test_a_high_level_tells_of_customers_who_leave(decided: list[Decided]) -> None:
    assert len(decided) >= 450
    high = {
        place: [one.last - day for day, level in one.levels().items() if level <= HIGH]
        for place, one in enumerate(decided)
    }
    found = [place for place, days in high.items() if days and decided[place].left]
    assert len(found) / sum(one.left for one in decided) >= 0.75
    assert len(found) / sum(bool(days) for days in high.values()) >= 0.5
    assert median(max(high[place]) for place in found) >= 30


def test_the_deepest_fall_ranks_who_leaves_before_who_stays(decided: list[Decided]) -> None:
    falls = [(min(one.levels().values(), default=1.0), one.left) for one in decided]
    left, stayed = ([fall for fall, gone in falls if gone == side] for side in (True, False))
    won = sum((one < other) + 0.5 * (one == other) for one in left for other in stayed)
    assert 0.80 <= won / len(left) / len(stayed) <= 0.95


def test_as_many_dip_as_planted_and_every_decision_is_in_the_manifest(
    story: Story, decided: list[Decided]
) -> None:
    said = story.facts.decisions()
    assert said["left"]["contracts"] == sum(one.left for one in decided)
    assert said["stayed"]["contracts"] == sum(not one.left for one in decided)
    for outcome, share in (("left", 0.85), ("stayed", 0.05)):
        contracts = said[outcome]["contracts"]
        spread = sqrt(share * (1 - share) / contracts)
        assert abs(said[outcome]["dipped"] / contracts - share) <= SURE * spread


def test_the_routine_is_that_of_accounts_open_within_the_contract(story: Story) -> None:
    ours = [row for row in story.requests if row[1].startswith("rt-") and row[0] is None]
    assert len(ours) == len({row[1] for row in ours})
    assert len(ours) + story.logins < 70_000
    terms = defaultdict(list)
    for row in story.contracts:
        terms[row["account_id"]].append(
            (row["start_date"].toordinal(), row["end_date"].toordinal())
        )
    ended = 0
    for _, _, second, _, _, tenant_id, employee, _, _ in ours:
        number = day_of(second)
        assert employee.opened < number
        assert employee.closed is None or number < employee.closed
        account = terms[tenant_id.replace("t-", "acc-")]
        ends = [last for first, last in account if first <= number <= last < number + 90]
        assert ends
        ended += min(ends) <= UNTIL
        assert (number - 1) % 7 < 5
    said = story.facts.decisions().values()
    assert ended == sum(counts["uses_before"] + counts["uses_last"] for counts in said)
