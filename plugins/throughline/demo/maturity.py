"""Companies that look around unnamed, known by their office's address alone (spec: T10).

Late is a company with three visitors in thirty days one of whom sees the prices; its odds of an
opportunity are four times those of the others. Neither enough visitors nor prices are enough alone.
Sales keeps an account of each company and knows nobody there, so that no touch earns credit, and no
opportunity is won: what channels earn (T1) stays what it is.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from throughline.demo import accounts, deals, staff
from throughline.demo.company import Company, new_company
from throughline.demo.exports import Rows
from throughline.demo.ledger import Ledger
from throughline.demo.pages import Reader, viewed
from throughline.demo.times import DAY, start_of
from throughline.demo.world import World


@dataclass(frozen=True)
class Kind:
    """Companies alike: how many visitors they have, whether one of them sees the prices.

    Of every `companies` of a fold `opened` get an opportunity.
    """

    maturity: str
    visitors: tuple[int, ...]
    priced: bool
    companies: int
    opened: int


KINDS = (
    Kind("late", (3, 4, 5), True, 15, 6),
    Kind("early", (1,), True, 7, 1),
    Kind("mid", (2,), True, 7, 1),
    Kind("mid", (3,), False, 7, 1),
    Kind("mid", (4,), False, 7, 1),
)
"""Odds of 6 to 9 where it is late, of 4 to 24 elsewhere."""
FOLDS = 20
"""How often each kind is told: 300 late companies at the default size and above; at least once."""
ROOM = 55
"""Days from the account to the end of the opportunity, at most."""
SPAN, AGAIN = 20, 0.4
"""Days on which the visitors of a company first come, and share of them who come once more."""
SERIAL_BASE = 9_510_000
PAGES = (("/h5/guide", "blog"), ("/h5/offer", "product"), ("/h5/about", "home"))
PRICES = ("/h5/price", "pricing")


@dataclass(frozen=True)
class Office:
    """One company behind its address, with seconds: its account, its visits, its opportunity.

    `visits`: (second, visitor, whether this visit ends at the prices).
    """

    company: Company
    maturity: str
    address: str
    listed: int
    visits: tuple[tuple[int, Reader, bool], ...]
    opened: int | None


def offices(world: World) -> list[Office]:
    """Every such company, the same at each call; none where history is too short for one."""
    rng, found = Random(f"maturity:{world.seed}"), []
    room = (world.history_until - world.start).days - ROOM
    folds = max(1, round(FOLDS * min(1, world.scale))) if room > 0 else 0
    for kind in KINDS:
        for number in range(kind.companies * folds):
            first = world.start.toordinal() + 1 + int(rng.random() * room)
            opens = number % kind.companies < kind.opened
            visitors = kind.visitors[number % len(kind.visitors)]
            found.append(_office(rng, len(found), kind, first, visitors, opens))
    return found


def _office(rng: Random, place: int, kind: Kind, first: int, visitors: int, opens: bool) -> Office:
    company = new_company(rng, f"o{place:05d}", SERIAL_BASE + place, "direct")
    address = f"198.19.{128 + place // 250}.{1 + place % 250}"
    visits = []
    for number in range(visitors):
        reader = Reader(f"ck-{company.number}-{number}", "desktop", address)
        day = first + int(rng.random() * SPAN)
        visits.append((_working_hour(rng, day), reader, kind.priced and number == 0))
        if rng.random() < AGAIN:
            visits.append((_working_hour(rng, day + 1 + int(rng.random() * 5)), reader, False))
    last = max(second for second, _, _ in visits)
    opened = last + DAY + int(rng.random() * 3 * DAY) if opens else None
    listed = start_of(first) - DAY // 2
    return Office(company, kind.maturity, address, listed, tuple(visits), opened)


def _working_hour(rng: Random, day: int) -> int:
    return start_of(day) + 9 * 3600 + int(rng.random() * 8 * 3600)


def tell(ledger: Ledger, world: World) -> None:
    """Tell what sales knows of them: an account each, of some an opportunity that is lost."""
    rng = Random(f"maturity deals:{world.seed}")
    for office in offices(world):
        company = office.company
        owner = staff.SALES[company.serial % len(staff.SALES)]
        accounts.open_account(ledger, company, office.listed, owner)
        if office.opened is not None:
            deals.small(rng, ledger, company, owner, office.opened, False, 15)


def export(world: World, rows: Rows) -> dict[str, Any]:
    """Add every address and page view; returns companies by maturity, and their odds ratio."""
    rng, told = Random(f"maturity pages:{world.seed}"), offices(world)
    for office in told:
        rows["offices.csv"].append((office.address, world.start, office.company.name,
                                    office.company.domain, "office", 0.9))  # fmt: skip
        for second, reader, priced in office.visits:
            _visit(rng, rows, second, reader, priced)
    counts = {name: {"companies": 0, "opened": 0} for name in ("late", "mid", "early")}
    for office in told:
        counts[office.maturity]["companies"] += 1
        counts[office.maturity]["opened"] += office.opened is not None
    return {**counts, "odds_ratio": _odds_ratio(counts) if told else None}


def _visit(rng: Random, rows: Rows, second: int, reader: Reader, priced: bool) -> None:
    """View one to three pages, and the prices after them."""
    seen = [*PAGES[: 1 + int(rng.random() * len(PAGES))], *((PRICES,) if priced else ())]
    for path, module in seen:
        viewed(rows, reader, second, path, module, "")
        second += 20 + int(rng.random() * 60)


def _odds_ratio(counts: dict[str, dict[str, int]]) -> float:
    """Odds of an opportunity of late companies over those of all others."""
    opened = counts["late"]["opened"]
    without = counts["late"]["companies"] - opened
    others = [counts[name] for name in ("mid", "early")]
    others_opened = sum(said["opened"] for said in others)
    others_without = sum(said["companies"] for said in others) - others_opened
    return opened / without / (others_opened / others_without)
