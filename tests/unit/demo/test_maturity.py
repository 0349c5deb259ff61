"""Companies behind office addresses (T10), judged from the files and the CRM's rows alone."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import exp, log, sqrt
from pathlib import Path
from typing import Any

import pytest

from demo_case import exported_rows
from throughline.demo import campaigns
from throughline.demo.ledger import Ledger
from throughline.demo.times import local
from throughline.demo.world import World

DEFAULT = [World(seed, "default", date(2025, 1, 1), date(2026, 6, 29)) for seed in (7, 8, 2026)]
TINY = World(7, "tiny", date(2026, 4, 1), date(2026, 6, 28))
WINDOW = timedelta(days=30)


@dataclass(frozen=True)
class Seen:
    """A company that nobody named: most visitors in thirty days, prices seen, opportunity."""

    visitors: int
    priced: bool
    opened: bool

    @property
    def maturity(self) -> str:
        if self.visitors >= 3 and self.priced:
            return "late"
        return "mid" if self.visitors >= 2 else "early"


def found(world: World, folder: Path) -> tuple[dict[str, Any], Ledger, list[Seen]]:
    """The truth, what the CRM knows, and every company of whose visitors none left a form."""
    ledger = Ledger()
    campaigns.tell(ledger, world)
    truth = campaigns.write(folder, world, [])
    rows = exported_rows(folder)
    offices = {row["address"]: row["domain"] for row in rows["offices"]}
    named = {row["anonymous_id"] for row in rows["forms"]}
    visits: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows["pageviews"]:
        if row["ip"] in offices:
            visits[offices[row["ip"]]].append(row)
    accounts = {row["domain"]: row["account_id"] for _, row in ledger.crm["accounts"]}
    opened = {row["account_id"]: local(second) for second, row in reversed(
        sorted(ledger.crm["opportunities"], key=lambda told: told[0]))}  # fmt: skip
    seen = []
    for domain, views in visits.items():
        if not named.isdisjoint(row["anonymous_id"] for row in views):
            continue
        when = opened.get(accounts[domain])
        assert when is None or when > max(row["event_time"] for row in views)
        seen.append(judged(views, when is not None))
    return truth["maturity"], ledger, seen


def judged(views: list[dict[str, str]], opened: bool) -> Seen:
    """The thirty days with the most visitors, and whether anybody saw prices or cases in them."""
    known = sorted((datetime.fromisoformat(row["event_time"]), row["anonymous_id"], row["module"])
                   for row in views)  # fmt: skip
    best = (0, False)
    for last, _, _ in known:
        inside = [row for row in known if last - WINDOW <= row[0] <= last]
        priced = any(module in ("pricing", "case") for _, _, module in inside)
        best = max(best, (len({cookie for _, cookie, _ in inside}), priced))
    return Seen(*best, opened)


def counted(seen: list[Seen]) -> dict[str, dict[str, int]]:
    """Companies, and those with an opportunity, by maturity."""
    return {
        name: {
            "companies": sum(one.maturity == name for one in seen),
            "opened": sum(one.opened for one in seen if one.maturity == name),
        }
        for name in ("late", "mid", "early")
    }


@pytest.mark.parametrize("world", DEFAULT, ids=lambda world: f"seed {world.seed}")
def test_late_companies_have_four_times_the_odds_of_an_opportunity(
    world: World, tmp_path: Path
) -> None:
    said, _, seen = found(world, tmp_path)
    assert {**counted(seen), "odds_ratio": said["odds_ratio"]} == said
    late = [one.opened for one in seen if one.maturity == "late"]
    assert len(late) >= 150
    for names in (("mid", "early"), ("mid",)):
        others = [one.opened for one in seen if one.maturity in names]
        cells = (sum(late), len(late) - sum(late), sum(others), len(others) - sum(others))
        ratio = cells[0] / cells[1] / (cells[2] / cells[3])
        spread = sqrt(sum(1 / cell for cell in cells))
        # 120 of 300 against 80 of 560, or 60 of 420 who are not early: 1/6 are the odds of both.
        assert ratio == pytest.approx(4)
        assert spread <= 0.19
        assert exp(log(ratio) - 1.96 * spread) > 1


def test_neither_visitors_nor_prices_alone_make_an_opportunity_likelier(tmp_path: Path) -> None:
    _, _, seen = found(DEFAULT[0], tmp_path)
    shares = {}
    for few in (True, False):
        for priced in (True, False):
            alike = [one.opened for one in seen if (one.visitors < 3, one.priced) == (few, priced)]
            if alike:
                shares[few, priced] = sum(alike) / len(alike)
    assert shares == pytest.approx({(True, True): 1 / 7, (False, False): 1 / 7, (False, True): 0.4})


def test_sales_knows_the_company_before_it_visits_and_nobody_there(tmp_path: Path) -> None:
    _, ledger, seen = found(DEFAULT[0], tmp_path)
    deals = {row["opportunity_id"]: row for _, row in ledger.crm["opportunities"]
             if row["opportunity_id"].startswith("opp-o")}  # fmt: skip
    assert len(deals) == sum(one.opened for one in seen)
    for row in deals.values():
        assert (row["lead_id"], row["primary_contact_id"], row["is_won"]) == (None, None, False)
        assert local(row["closed_at"]) < str(DEFAULT[0].history_until)
    accounts = {row["account_id"] for _, row in ledger.crm["accounts"] if "acc-o" in
                row["account_id"]}  # fmt: skip
    assert len(accounts) == len(seen)
    for table in ("contacts", "leads", "contracts"):
        assert accounts.isdisjoint(row.get("account_id") for _, row in ledger.crm[table])


def test_a_tiny_world_has_some_of_each(tmp_path: Path) -> None:
    said, _, seen = found(TINY, tmp_path)
    assert said == {
        "late": {"companies": 15, "opened": 6},
        "mid": {"companies": 21, "opened": 3},
        "early": {"companies": 7, "opened": 1},
        "odds_ratio": 4.0,
    }
    assert counted(seen) == {name: said[name] for name in ("late", "mid", "early")}


def test_a_world_of_a_few_weeks_has_none(tmp_path: Path) -> None:
    short = World(7, "tiny", date(2026, 5, 15), date(2026, 6, 28))
    said, _, seen = found(short, tmp_path)
    assert (said["odds_ratio"], seen) == (None, [])
