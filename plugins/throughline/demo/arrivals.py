"""One day of new visitors and leads, each with everything that will ever become of it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from random import Random

from throughline.demo import calls, customers, leads, policy, tenants, visits
from throughline.demo.channels import BY_NAME, CHANNELS, Channel
from throughline.demo.company import Person, new_company, new_person, typed_name, typed_phone
from throughline.demo.leads import Lead
from throughline.demo.ledger import Ledger
from throughline.demo.tenants import Tenant
from throughline.demo.times import DAY
from throughline.demo.visits import Visitor
from throughline.demo.world import World

SERIALS_A_DAY = 4000
KINDS = (("register", 0.16), ("demo", 0.34), ("whitepaper", 0.2), ("contact", 0.3))
REPEATED = 0.04
ODD = ("test", "deleted", "broken")


@dataclass
class Day:
    """Counts of one day: visitors that landed by (channel, campaign), leads by channel."""

    number: int
    world: World
    landed: Counter = field(default_factory=Counter)
    leads: Counter = field(default_factory=Counter)
    serial: int = 0

    @property
    def offset(self) -> int:
        """Days since the world began."""
        return self.number - self.world.start.toordinal()

    def next_serial(self) -> int:
        """A number no other lead of the world has."""
        self.serial += 1
        return self.offset * SERIALS_A_DAY + self.serial


def arrive(rng: Random, ledger: Ledger, day: Day) -> None:
    """Tell the stories that begin on this day."""
    weekday = (day.number - 1) % 7
    factor = (
        day.world.scale * (0.55 if weekday >= 5 else 1.15) * (1 + 0.0004 * min(day.offset, 700))
    )
    seen = 0
    for channel in CHANNELS:
        for _ in range(_draw(rng, channel.visitors * factor)):
            seen += 1
            _visit(rng, ledger, day, seen, channel)
        for _ in range(_draw(rng, channel.imports * factor)):
            _import(rng, ledger, day, channel)


def _draw(rng: Random, hoped: float) -> int:
    hoped *= 0.8 + 0.4 * rng.random()
    return int(hoped) + (rng.random() < hoped - int(hoped))


def _visit(rng: Random, ledger: Ledger, day: Day, serial: int, channel: Channel) -> None:
    visitor = visits.new_visitor(rng, ledger, day.number, serial, channel)
    if visitor.kind is None:
        day.landed[channel.name, visitor.campaign] += 1
    last = visits.session(rng, ledger, visitor, visitor.first_second, touch=True)
    lead = None
    if visitor.kind is None and rng.random() < channel.form_rate:
        lead = _form_lead(rng, ledger, day, visitor, last + 20)
    if serial % max(1, round(day.world.scale)) == 0:
        _note(ledger, visitor, lead)
    visits.later_visits(rng, ledger, visitor, day.world.busy)


def _note(ledger: Ledger, visitor: Visitor, lead: Lead | None) -> None:
    """Note a plain visitor who did not come by a search ad, for what is told of visitors later."""
    odd = visitor.kind is not None or (lead is not None and lead.fate in ODD)
    if not odd and visitor.channel.name != "sem_baidu":
        ledger.fact("visitor", visitor.first_second, cookie=visitor.cookie, left=lead is not None)


def _form_lead(rng: Random, ledger: Ledger, day: Day, visitor: Visitor, second: int) -> Lead:
    kind = rng.choices([name for name, _ in KINDS], [share for _, share in KINDS])[0]
    lead = _lead(rng, day, visitor.channel, second + 30)
    lead.visitor, lead.company.observed = visitor, visitor.observed
    event_id = _fill_form(rng, ledger, visitor, lead.person, lead.company.name, second, kind)
    tenant = None
    leads.oddities(rng, lead, _planned(day) if day.serial == 1 else None)
    leads.create(rng, ledger, lead, "form", event_id)
    ledger.fact("node", second, person=lead.person.person, node=f"anonymous_id:{visitor.cookie}")
    if kind == "register" and lead.fate not in ODD:
        tenant = tenants.sign_up(rng, ledger, lead.company, second + 60, visitor.cookie, trial=True)
        visitor.user_id = tenants.login_of(lead.company, 1)
        node = f"login_id:{visitor.user_id}"
        ledger.fact("node", second, person=lead.person.person, node=node)
    _work(rng, ledger, day.world, lead, tenant)
    if lead.fate not in ODD and rng.random() < REPEATED:
        again = second + 2 * DAY
        event_id = _fill_form(
            rng, ledger, visitor, lead.person, lead.company.name, again, "contact"
        )
        leads.duplicate(rng, ledger, lead, f"{lead.lead_id}b", event_id)
    return lead


def _planned(day: Day) -> str | None:
    """What the first lead of some early days is: broken rows, in a tiny world just one."""
    if day.world.scale >= 1:
        return "broken" if day.offset in range(12, 30, 2) else None
    return {12: "broken", 15: "test", 18: "deleted"}.get(day.offset)


def _fill_form(
    rng: Random, ledger: Ledger, visitor: Visitor, person: Person, company: str, second: int,
    kind: str,
) -> str:  # fmt: skip
    left = {"company_name": typed_name(rng, company)}
    if person.email is None or rng.random() < 0.9:
        left["phone"], _ = typed_phone(rng, person.phone)
    if person.email:
        left["email"] = person.email.upper() if rng.random() < 0.05 else person.email
    return visits.form(rng, ledger, visitor, second, kind, **left)


def _lead(rng: Random, day: Day, channel: Channel, second: int) -> Lead:
    serial = day.next_serial()
    number = f"{day.number:x}-{day.serial:04d}"
    company = new_company(rng, number, serial, channel.name)
    person = new_person(rng, number, serial, company)
    day.leads[channel.name] += 1
    fate = leads.fate_of(rng, channel)
    return Lead(f"L-{number}", second, channel, company, person, fate, {})


def _work(rng: Random, ledger: Ledger, world: World, lead: Lead, tenant: Tenant | None) -> None:
    nodes = [f"lead_id:{lead.lead_id}", f"phone:{lead.person.phone}"]
    nodes += [f"email:{lead.person.email}"] if lead.person.email else []
    for node in nodes:
        ledger.fact("node", lead.second, person=lead.person.person, node=node)
    if lead.fate in ODD:
        leads.end_early(ledger, lead)
        return
    called = calls.call_back(rng, ledger, lead)
    valid = leads.settle(rng, ledger, lead, called)
    if valid is None:
        return
    opened = None
    pursuit = rng if lead.fate in ("paid", "lost") else policy.pursuit(world, lead, valid)
    if pursuit is not None:
        opened = customers.convert(pursuit, ledger, lead, valid, tenant)
    ledger.fact("valid", valid, opened=opened, in_force=policy.in_force(world, valid))


def _import(rng: Random, ledger: Ledger, day: Day, channel: Channel) -> None:
    """A lead without a visit: met at an event, sent by a partner, or calling the 400 line."""
    lead = _lead(rng, day, channel, visits.moment_of(rng, day.number))
    source, event_id = "import", None
    if channel.name == "direct":
        source, event_id = "call", f"c-in-{lead.lead_id}"
        calls.hotline(rng, ledger, event_id, lead.second, lead.person.phone)
        lead.second += 900
    elif channel.name == "event":
        source, event_id = "event", f"mkt-{date.fromordinal(day.number):%Y%m}"
    leads.create(rng, ledger, lead, source, event_id)
    _work(rng, ledger, day.world, lead, None)


def expected_event_leads(world: World) -> int:
    """Leads that a month's market event brings, as marketing plans them."""
    channel = BY_NAME["event"]
    return round((channel.visitors * channel.form_rate + channel.imports) * 30 * world.scale)
