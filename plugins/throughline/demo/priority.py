"""Leads who try the product, each as urgent on one day as is planted (spec: T11, L16 to L19).

They register on a campaign page and use the product up to that day; a week later sales opens
opportunities. Who came back after a silence (P0), and who uses the core features most (P1), buys
three times as often as who is silent (P4).

Nobody signs before history ends: a deal that is won here has no contract yet, so that customers,
revenue and what channels earn (T1, T2) stay what they are. No check asks a won opportunity for a
contract. Sales converts these leads without a word on whether they are valid: T12 counts none.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from throughline.demo import accounts, deals, leads, staff
from throughline.demo.channels import BY_NAME
from throughline.demo.company import Company, Person, new_company, new_person
from throughline.demo.exports import Rows
from throughline.demo.leads import Lead
from throughline.demo.ledger import Ledger
from throughline.demo.pages import Reader, form_id, left_form, viewed
from throughline.demo.times import DAY, local, start_of
from throughline.demo.world import World


@dataclass(frozen=True)
class Kind:
    """A class: people at scale 1, share of them who buy, first and last day to register.

    Days are counted back from the day on which leads are judged.
    """

    people: int
    share: float
    registers: tuple[int, int]


KINDS = {
    "P0": Kind(300, 0.24, (44, 20)),
    "P1": Kind(120, 0.24, (20, 15)),
    "P2": Kind(100, 0.15, (12, 6)),
    "P3": Kind(100, 0.12, (24, 15)),
    "P4": Kind(1000, 0.08, (44, 18)),
}
BEFORE_THE_END, BEFORE = 24, 45
"""Days from the judged day to the end of history, and days that somebody tries before it."""
OPENS, CYCLE = 5, 8
"""Days from the judged day to the first opportunity, and about how many each is open."""
CORE = ("approve_order", "invite_member", "reconcile_bill")
"""Core features that the pilot (T5) does not tell of."""
USES_BEFORE, USES_LATELY, BUSY_DAYS = 2, 3, 4
"""Core uses of a P1 on each of the busy days of the last week but one, and of the last week."""
SERIAL_BASE = 9_500_000
PAGE = "/h5/trial"


@dataclass(frozen=True)
class Prospect:
    """A lead with class and end (`won`, `lost`, or `open`), and the second of the registration.

    `days`: (day ordinal, uses of core features) of every login.
    """

    kind: str
    end: str
    company: Company
    person: Person
    reader: Reader
    registered: int
    days: tuple[tuple[int, int], ...]

    @property
    def login(self) -> str:
        """The login in the product."""
        return f"u-{self.company.number}"


def judged(world: World) -> date:
    """Day on which the leads are in their classes; all their deals are closed before history is."""
    return world.history_until - timedelta(days=BEFORE_THE_END)


def counts(world: World) -> dict[str, dict[str, int]]:
    """Leads of each class, and how many of them are won and lost; none in a short history."""
    fold = min(1.0, world.scale) if judged(world) - timedelta(days=BEFORE) >= world.start else 0
    found = {}
    for name, kind in KINDS.items():
        people = round(kind.people * fold)
        won = round(kind.share * people)
        found[name] = {"leads": people, "won": won, "lost": won // 2}
    return found


def prospects(world: World) -> list[Prospect]:
    """Every lead, the same at each call."""
    rng = Random(f"prospects:{world.seed}")
    found: list[Prospect] = []
    for name, said in counts(world).items():
        rest = said["leads"] - said["won"] - said["lost"]
        ends = ["won"] * said["won"] + ["lost"] * said["lost"] + ["open"] * rest
        rng.shuffle(ends)
        found += [_prospect(rng, world, len(found) + place, name, end)
                  for place, end in enumerate(ends)]  # fmt: skip
    return found


def _prospect(rng: Random, world: World, place: int, kind: str, end: str) -> Prospect:
    company = new_company(rng, f"q{place:05d}", SERIAL_BASE + place, "direct")
    person = new_person(rng, company.number, company.serial, company)
    address = f"198.18.{64 + place // 250}.{1 + place % 250}"
    reader = Reader(f"ck-{company.number}", "desktop", address)
    first, last = KINDS[kind].registers
    ago = last + int(rng.random() * (first - last + 1))
    judged_on = judged(world).toordinal()
    second = start_of(judged_on - ago) + 8 * 3600 + int(rng.random() * 3600)
    days = tuple((judged_on - back, uses) for back, uses in _uses(rng, place, kind, ago))
    return Prospect(kind, end, company, person, reader, second, days)


def _uses(rng: Random, place: int, kind: str, ago: int) -> list[tuple[int, int]]:
    """(days before the judged day, core uses) of every login; a third of P4 never log in.

    All P1 use as much in the last two weeks, and are more than a quarter of those who use anything:
    the 75th percentile is their use. P0 and P3 only log in, P4 used what it used before.
    """
    tried = (ago, 1 + int(rng.random() * 2))
    if kind == "P0":
        again = ago - int(rng.random() * 4)
        return [tried, *([(again, 1)] if again < ago else []), (int(rng.random() * 3), 0)]
    if kind == "P1":
        before = [(back, USES_BEFORE) for back in rng.sample(range(7, 14), BUSY_DAYS)]
        lately = [(back, USES_LATELY) for back in rng.sample(range(7), BUSY_DAYS)]
        return sorted([tried, *before, *lately], reverse=True)
    if kind == "P2":
        return [tried, (int(rng.random() * 4), 0)]
    if kind == "P3":
        return [tried, (4 + int(rng.random() * 10), 0)]
    return [] if place % 3 == 0 else [tried, (14 + int(rng.random() * (ago - 14)), 1)]


def tell(ledger: Ledger, world: World) -> None:
    """Tell what sales made of them: leads, and the opportunities that were won and lost."""
    rng = Random(f"priority:{world.seed}")
    for known in prospects(world):
        lead = Lead(f"L-{known.company.number}", known.registered + 30, BY_NAME["direct"],
                    known.company, known.person, known.end, {})  # fmt: skip
        leads.create(rng, ledger, lead, "form", form_id(known.reader, known.registered))
        leads.move(ledger, lead, lead.second + DAY, "working")
        nodes = [f"phone:{known.person.phone}", f"anonymous_id:{known.reader.cookie}",
                 f"login_id:{known.login}"]  # fmt: skip
        nodes += [f"email:{known.person.email}"] if known.person.email else []
        for node in nodes:
            ledger.fact("node", known.registered, person=known.person.person, node=node)
        if known.end != "open":
            opened = start_of(judged(world).toordinal() + OPENS + int(rng.random() * 3)) + 9 * 3600
            _open(rng, ledger, lead, opened + int(rng.random() * 8 * 3600))


def _open(rng: Random, ledger: Ledger, lead: Lead, second: int) -> None:
    """Convert a lead, and walk the opportunity to its end."""
    company, owner = lead.company, staff.SALES[lead.company.serial % len(staff.SALES)]
    contact_id = accounts.enter(ledger, company, lead, second, owner)
    leads.move(ledger, lead, second, "converted", converted_opportunity_id=f"opp-{company.number}")
    deals.small(rng, ledger, company, owner, second, lead.fate == "won", CYCLE, lead.lead_id,
                contact_id)  # fmt: skip


def export(world: World, rows: Rows) -> dict[str, Any]:
    """Add the visits and forms with which they registered; returns what is true of them."""
    for known in prospects(world):
        viewed(rows, known.reader, known.registered - 90, PAGE, "demo", "")
        left_form(rows, known.reader, known.registered, PAGE, known.company, known.person,
                  "register")  # fmt: skip
    return {"as_of": judged(world), "classes": counts(world)}


def use(world: World, name: str, rows: Rows) -> None:
    """Add what they did in the product to the export `name` of product events."""
    rng, told = Random(f"uses:{world.seed}"), rows[name]
    for known in prospects(world):
        signed = known.registered + 60
        _event(told, known, signed, "$SignUp", "track_signup", known.reader.cookie)
        for day, uses in known.days:
            second = start_of(day) + 9 * 3600 + int(rng.random() * 8 * 3600)
            _event(told, known, second, "login")
            for number in range(uses):
                _event(told, known, second + 60 * (number + 1), CORE[int(rng.random() * 3)])


def _event(
    told: list[tuple[Any, ...]], known: Prospect, second: int, event: str, kind: str = "track",
    cookie: str = "",
) -> None:  # fmt: skip
    """Add an event; a sign-up names the cookie that the login had been before."""
    told.append((f"try-{len(told)}", kind, event, known.login, known.login, cookie, local(second),
                 local(second + 1), "Windows", "js"))  # fmt: skip
