"""Market events, who came, and two of them whose return is known to the cent (spec: T23).

The summit costs 50,000: three guests buy for 40,000 each, a fourth for 40,000 after seeing the
roadshow too. The roadshow costs 40,000 and shares that one deal. With credit in equal parts the
summit returns 180 % on top of its cost, and the roadshow loses half of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from throughline.demo import accounts, deals, leads, staff
from throughline.demo.channels import BY_NAME
from throughline.demo.company import Company, Person, new_company, new_person
from throughline.demo.exports import Rows
from throughline.demo.leads import Lead
from throughline.demo.ledger import Ledger
from throughline.demo.times import DAY, add_months, date_of, local, start_of
from throughline.demo.world import World

SUMMIT, ROADSHOW = "mkt-summit", "mkt-roadshow"
COSTS = {SUMMIT: 50_000, ROADSHOW: 40_000}
DAYS = {SUMMIT: 13, ROADSHOW: 24}
"""Days of the world on which they take place."""
DEAL, SEATS = 40_000, 20
"""Two years of twenty seats at a thousand each; nothing ends while a world of any size lasts."""
VISITED = ((SUMMIT,), (SUMMIT,), (SUMMIT,), (SUMMIT, ROADSHOW), (ROADSHOW,))
"""Events of each scripted guest; the last one buys nothing."""
SERIAL_BASE = 9_100_000
ABSENT, PLANNED = 2, 12
"""People of each event who stayed away, and months ahead for which events are planned."""
KINDS = ("salon", "expo", "webinar", "roadshow")
CITIES = ("上海", "北京", "深圳", "杭州")


@dataclass(frozen=True)
class Guest:
    """One scripted guest."""

    company: Company
    person: Person
    events: tuple[str, ...]

    @property
    def key(self) -> str:
        """The person, as the event tool knows them."""
        return f"ek-{self.company.number}"


def begins(world: World, event_id: str) -> int:
    """Second at which one of the two events begins, at two in the afternoon."""
    return start_of(world.start.toordinal() + DAYS[event_id]) + 14 * 3600


def monthly(world: World) -> Iterator[tuple[str, int]]:
    """Each month's event with the second it begins, some planned after the end of history."""
    month, last = world.start, add_months(world.history_until.replace(day=1), PLANNED)
    while month <= last:
        yield f"mkt-{month:%Y%m}", start_of(month.toordinal() + 11) + 14 * 3600
        month = add_months(month, 1)


def tell(ledger: Ledger, world: World) -> None:
    """Tell what became of the guests in the CRM, and what the two events cost."""
    rng = Random(f"fairs:{world.seed}")
    for guest in guests(world):
        second = begins(world, guest.events[0]) + 5 * 3600
        lead = Lead(f"L-{guest.company.number}", second, BY_NAME["event"], guest.company,
                    guest.person, "paid", {})  # fmt: skip
        leads.create(rng, ledger, lead, "event", guest.events[0])
        for kind, value in (("phone", guest.person.phone), ("event_person_key", guest.key)):
            ledger.fact("node", second, person=guest.person.person, node=f"{kind}:{value}")
        _sell(rng, ledger, lead, begins(world, guest.events[-1]), guest.events != (ROADSHOW,))
    for event_id, cost in COSTS.items():
        booked = begins(world, event_id) + 3 * DAY
        ledger.fact("spend", booked, channel="event", key=event_id, cost=float(cost))


def guests(world: World) -> list[Guest]:
    """The scripted guests, the same at every call."""
    rng, found = Random(f"guests:{world.seed}"), []
    for place, events in enumerate(VISITED, start=1):
        company = new_company(rng, f"v{place:02d}", SERIAL_BASE + place, "event")
        found.append(Guest(company, new_person(rng, company.number, company.serial, company),
                           events))  # fmt: skip
    return found


def _sell(rng: Random, ledger: Ledger, lead: Lead, met: int, buys: bool) -> None:
    """Open an opportunity three days after the last event; sign, bill and be paid if they buy."""
    second, company = met + 3 * DAY, lead.company
    contact_id = accounts.enter(ledger, company, lead, second, staff.SALES[0])
    row = {"opportunity_id": f"opp-{company.number}", "account_id": company.account_id,
           "type": "new", "business_line": "erp", "amount": float(DEAL), "currency": "CNY",
           "owner_id": staff.SALES[0], "primary_contact_id": contact_id,
           "lead_id": lead.lead_id}  # fmt: skip
    converted = {"converted_opportunity_id": row["opportunity_id"]}
    leads.move(ledger, lead, second, "converted", **converted)
    closed = deals.opportunity(rng, ledger, row, second, buys, 15)
    if not buys:
        return
    start = date_of(closed) + timedelta(days=1)
    end = add_months(start, 24) - timedelta(days=1)
    signed = deals.contract(ledger, closed + 3600, company, f"ct-{company.number}-1", "new", start,
                            end, float(DEAL), owner_id=staff.SALES[0],
                            opportunity_id=row["opportunity_id"])  # fmt: skip
    deals.item(ledger, closed + 3600, signed, "1", "erp", SEATS, DEAL / 2 / SEATS, start, end)
    deals.bill(ledger, closed + 7200, company, signed, float(DEAL), 1, 5)


def export(world: World, rows: Rows) -> dict[str, Any]:
    """Add the events with what was done at the two; returns cost and return of each."""
    over = start_of(world.history_until.toordinal() + 1)
    known = [*monthly(world), *((name, begins(world, name)) for name in COSTS)]
    for place, (event_id, second) in enumerate(known):
        kind = KINDS[place % len(KINDS)]
        city = "online" if kind == "webinar" else CITIES[place % len(CITIES)]
        held = "held" if second < over else "planned"
        rows["events.csv"].append((event_id, f"示例活动 {event_id[4:]}", kind, city, local(second),
                                   local(second + 4 * 3600), held, "ev_salon"))  # fmt: skip
        for number in range(ABSENT if held == "held" else 0):
            rows["registrations.csv"].append(
                (event_id, f"ek-{event_id}-{number}", local(second - 4 * DAY), "", "false", "", "",
                 "", ""))  # fmt: skip
    for guest in guests(world):
        for event_id in (name for name in guest.events if begins(world, name) < over):
            came(rows, event_id, begins(world, event_id), guest.key, guest.company, guest.person)
    for event_id, cost in COSTS.items():
        booked = local(begins(world, event_id) + 3 * DAY)[:10]
        for line, kind, share in (("venue", "expense", 0.75), ("staff", "labour", 0.25)):
            rows["event_costs.csv"].append((event_id, line, kind, booked, "event",
                                            f"{cost * share:.2f}", "CNY"))  # fmt: skip
    return {event_id: _return(event_id) for event_id in COSTS}


def _return(event_id: str) -> dict[str, Any]:
    """Cost, revenue with credit in equal parts, and what is left of it per unit of cost."""
    bought = [events for events in VISITED if events != (ROADSHOW,)]
    revenue = sum(DEAL / len(events) for events in bought if event_id in events)
    attended = sum(event_id in events for events in VISITED)
    roi = round(revenue / COSTS[event_id] - 1, 4)
    return {"cost": COSTS[event_id], "revenue": revenue, "attended": attended,
            "registered": attended + ABSENT, "roi": roi}  # fmt: skip


def came(rows: Rows, event_id: str, begin: int, key: str, company: Company, person: Person) -> None:
    """Register somebody three days before an event, let them in, and note what they did there."""
    arrived = begin + company.serial % 40 * 60
    rows["registrations.csv"].append(
        (event_id, key, local(begin - 3 * DAY), local(arrived), "false", company.name, person.title,
         person.phone, person.email or ""))  # fmt: skip
    for number, kind in enumerate(("scan", "survey", "qa")):
        if company.serial % (number + 2) != 1:
            moment = local(arrived + 1800 * (number + 1))
            rows["interactions.csv"].append(
                (f"in-{event_id}-{key}-{kind}", event_id, key, moment, kind))  # fmt: skip
