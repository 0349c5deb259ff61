"""People whose ids cross: a computer that two share, a front desk's phone (spec: T18).

Two people of a company log in on one computer in turn, and the second leaves a form there; on a
phone of their own nobody ever says who they are. A front desk answers for everybody of its company.
"""

from dataclasses import dataclass, replace
from random import Random

from throughline.demo import accounts, staff, visits
from throughline.demo.channels import BY_NAME
from throughline.demo.company import Company, Person, new_company, new_person
from throughline.demo.leads import Lead
from throughline.demo.ledger import Ledger
from throughline.demo.tenants import Employee
from throughline.demo.times import DAY, day_of, start_of
from throughline.demo.visits import Visitor
from throughline.demo.world import World

HOUSEHOLDS, DESKS = 40, 8
"""Shared computers and front desks at scale 1."""
FEWEST = 3
COLLEAGUES = 8
"""People whose phone is the front desk's; more than five names make a phone a shared one."""
SERIAL_BASE = 9_600_000
FIRST_DAY, DAYS = 15, 40
"""Days of the world on which their stories begin."""
HOUR = 3600
TURNS = (
    (9 * HOUR, "a", False),
    (10 * HOUR, "a", True),
    (11 * HOUR, "a", False),
    (14 * HOUR, "b", True),
    (16 * HOUR, "b", False),
    (DAY + 10 * HOUR, "b", False),
    (3 * DAY + 10 * HOUR, "a", True),
    (3 * DAY + 11 * HOUR, "a", False),
)
"""Visits on the shared computer: when, whose, and whether logged in."""
USES = (
    (11 * HOUR + 1800, "a", "view_dashboard"),
    (12 * HOUR, "a", "Logout"),
    (13 * HOUR, "b", "view_dashboard"),
    (17 * HOUR, "b", "view_dashboard"),
    (3 * DAY + 11 * HOUR + 1800, "a", "view_dashboard"),
)
"""What is done in the product there, without a login but for the logout, and who did it."""
FORM = 14 * HOUR + 600
ALONE = 2 * DAY + 20 * HOUR
"""When the second person leaves the form, and looks again on their own phone."""


@dataclass(frozen=True)
class Household:
    """A company's shared computer on its first day, and the two people who use it."""

    company: Company
    people: dict[str, Person]
    begins: int

    def login(self, who: str) -> str:
        """Login of one of the two."""
        return f"u-{self.company.number}-{who}"

    def cookie(self, device: str) -> str:
        """Cookie on the shared computer (pc) or on the second person's phone."""
        return f"ck-{self.company.number}-{device}"


def tell(ledger: Ledger, world: World) -> None:
    """Tell their visits, forms and contacts."""
    rng = Random(f"households:{world.seed}")
    for place in range(max(FEWEST, round(HOUSEHOLDS * world.scale))):
        _share(rng, ledger, _household(rng, world, place))
    for place in range(max(FEWEST, round(DESKS * world.scale))):
        _answer(rng, ledger, world, place)


def _household(rng: Random, world: World, place: int) -> Household:
    company = new_company(rng, f"hh{place:05d}", SERIAL_BASE + place, "direct")
    people = {
        who: new_person(rng, f"{company.number}-{who}", SERIAL_BASE + 2 * place + second, company)
        for second, who in enumerate("ab")
    }
    day = world.start.toordinal() + FIRST_DAY + place % DAYS
    return Household(company, people, start_of(day))


def _share(rng: Random, ledger: Ledger, home: Household) -> None:
    computer = Visitor(home.cookie("pc"), BY_NAME["direct"], "", None, visits.DEVICES[0],
                       f"198.18.{home.company.serial % 250}.7", None, home.begins)  # fmt: skip
    for second, who, logged_in in TURNS:
        user = home.login(who) if logged_in else None
        _view(ledger, replace(computer, user_id=user), home.begins + second)
    for second, who, name in USES:
        _use(ledger, home, home.begins + second, name, who if name == "Logout" else None)
    sender = home.people["b"]
    left = {"phone": sender.phone, **({"email": sender.email} if sender.email else {})}
    visits.form(rng, ledger, computer, home.begins + FORM, "whitepaper", **left)
    phone = replace(computer, cookie=home.cookie("phone"), device=visits.DEVICES[3])
    _view(ledger, phone, home.begins + ALONE)
    _note(ledger, home)


def _view(ledger: Ledger, visitor: Visitor, second: int) -> None:
    identifier = f"pv-{second:x}-{visitor.cookie[3:]}"
    row = (identifier, visitor, second * 1000, second * 1000 + 500, "/", "home", "", None, None)
    ledger.emit("pageviews", day_of(second), (None, *row))


def _use(ledger: Ledger, home: Household, second: int, name: str, who: str | None) -> None:
    track = 7 * 10**9 + home.company.serial * 100_000 + second % 100_000
    user = Employee("", home.login(who) if who else "", f"dev-{home.company.number}", 0)
    row = (f"{track}:{second}", track, "track", name, second * 1000, second * 1000 + 800, None,
           user, None, home.cookie("pc"), f"198.18.{home.company.serial % 250}.7")  # fmt: skip
    ledger.emit("app_events", day_of(second), (None, *row))


def _note(ledger: Ledger, home: Household) -> None:
    """What the CRM knows of the second person, and what is true of both."""
    met = Lead("", home.begins + DAY, BY_NAME["direct"], home.company, home.people["b"], "open", {})
    accounts.enter(ledger, home.company, met, met.second, staff.SALES[0])
    nodes = [("a", f"anonymous_id:{home.cookie('pc')}"), ("b", f"phone:{home.people['b'].phone}")]
    nodes += [("b", f"anonymous_id:{home.cookie('phone')}")]
    nodes += [(who, f"login_id:{home.login(who)}") for who in home.people]
    for who, node in nodes:
        ledger.fact("other_node", home.begins, person=home.people[who].person, node=node)
    turns = [(home.begins + second, home.login(who)) for second, who, _ in TURNS]
    uses = [
        (home.begins + second, home.login(who)) for second, who, name in USES if name != "Logout"
    ]
    ledger.fact("shared_device", home.begins, cookie=home.cookie("pc"), turns=turns, uses=uses,
                unlinked=f"anonymous_id:{home.cookie('phone')}")  # fmt: skip


def _answer(rng: Random, ledger: Ledger, world: World, place: int) -> None:
    """Enter the people behind a front desk: one phone, a mailbox each."""
    company = new_company(rng, f"fd{place:05d}", SERIAL_BASE + 100_000 + place, "direct")
    second = start_of(world.start.toordinal() + FIRST_DAY + place % DAYS) + 11 * HOUR
    desk = f"1990{company.serial % 10_000_000:07d}"
    accounts.open_account(ledger, company, second, staff.SALES[0])
    for number in range(1, COLLEAGUES + 1):
        contact_id, email = f"con-{company.number}-{number}", f"f{number}@{company.domain}"
        accounts.add_contact(ledger, company, contact_id, second, name=f"演示{desk}{number}",
                             phone=desk, email=email, title="IT主管")  # fmt: skip
        for node in (f"contact_id:{contact_id}", f"email:{email}"):
            person = f"person-{company.number}-{number}"
            ledger.fact("other_node", second, person=person, node=node)
    ledger.fact("shared_phone", second, phone=desk, people=COLLEAGUES)
