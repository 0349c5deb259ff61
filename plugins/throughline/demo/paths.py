"""Companies won over on a way of three touches: search, an event, an advertisement (spec: T3).

Somebody finds an article in search and leaves a form, comes to the month's market event, and clicks
a search ad days later; then sales opens an opportunity. None of them buys: what channels earn (T1)
stays what it is.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from throughline.demo import accounts, deals, fairs, staff
from throughline.demo.channels import BY_NAME
from throughline.demo.company import Company, Person, new_company, new_person
from throughline.demo.exports import Rows
from throughline.demo.leads import Lead
from throughline.demo.ledger import Ledger
from throughline.demo.pages import Reader, left_form, viewed
from throughline.demo.times import DAY, start_of
from throughline.demo.world import World

WAYS, FEWEST = 720, 12
"""Companies of 540 days at scale 1, and at least."""
ROOM = 50
"""Days that the way from the event to a closed opportunity may take."""
SERIAL_BASE = 9_200_000
AD = ("baidu", "cpc", "bd_generic")


@dataclass(frozen=True)
class Way:
    """One company with the seconds of its three touches."""

    company: Company
    person: Person
    reader: Reader
    event_id: str
    searched: int
    begins: int
    clicked: int


def ways(world: World) -> list[Way]:
    """Every way, the same at each call; none where history is too short for one."""
    rng, found = Random(f"ways:{world.seed}"), []
    latest = start_of(world.history_until.toordinal()) - ROOM * DAY
    events = [known for known in fairs.monthly(world) if known[1] < latest]
    days = (world.history_until - world.start).days + 1
    wanted = max(FEWEST, round(WAYS * world.scale * days / 540))
    for place in range(wanted if events else 0):
        company = new_company(rng, f"m{place:05d}", SERIAL_BASE + place, "seo")
        person = new_person(rng, company.number, company.serial, company)
        address = f"198.18.{place // 250}.{1 + place % 250}"
        event_id, begins = events[place % len(events)]
        searched = begins - int((4 + 5 * rng.random()) * DAY)
        clicked = begins + int((1 + 6 * rng.random()) * DAY)
        reader = Reader(f"ck-{company.number}", "desktop", address)
        found.append(Way(company, person, reader, event_id, searched, begins, clicked))
    return found


def tell(ledger: Ledger, world: World) -> None:
    """Tell what sales made of them: an account, a contact, an opportunity that is lost."""
    rng = Random(f"paths:{world.seed}")
    for way in ways(world):
        second = way.clicked + DAY + int(rng.random() * DAY)
        owner = staff.SALES[way.company.serial % len(staff.SALES)]
        met = Lead("", second, BY_NAME["seo"], way.company, way.person, "lost", {})
        contact_id = accounts.enter(ledger, way.company, met, second, owner)
        deals.small(rng, ledger, way.company, owner, second, False, 15, contact_id=contact_id)
        for node in (f"phone:{way.person.phone}", f"anonymous_id:{way.reader.cookie}",
                     f"event_person_key:ek-{way.company.number}"):  # fmt: skip
            ledger.fact("node", second, person=way.person.person, node=node)


def export(world: World, rows: Rows) -> dict[str, Any]:
    """Add the visits, forms and check-ins of every way; returns how many there are."""
    told = ways(world)
    for way in told:
        viewed(rows, way.reader, way.searched, "/h5/guide", "blog", "https://www.baidu.com/")
        viewed(rows, way.reader, way.searched + 90, "/h5/whitepaper", "blog", "")
        left_form(rows, way.reader, way.searched + 150, "/h5/whitepaper", way.company, way.person)
        fairs.came(rows, way.event_id, way.begins, f"ek-{way.company.number}", way.company,
                   way.person)  # fmt: skip
        viewed(rows, way.reader, way.clicked, "/h5/offer", "product", "https://www.baidu.com/", AD)
        viewed(rows, way.reader, way.clicked + 60, "/h5/price", "pricing", "")
        rows["offices.csv"].append((way.reader.address, world.start, way.company.name,
                                    way.company.domain, "office", 0.9))  # fmt: skip
    return {"conversions": len(told), "first": "seo", "middle": "event", "last": "sem_baidu"}
