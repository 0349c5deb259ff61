"""One day of product usage of every open tenant: events, seats, support cases."""

from math import exp
from random import Random

from throughline.demo import api_calls, dirt
from throughline.demo.channels import FEATURES
from throughline.demo.endpoints import OWN
from throughline.demo.ledger import Ledger
from throughline.demo.tenants import TRIAL_DAYS, Employee, Tenant
from throughline.demo.times import day_of
from throughline.demo.visits import moment_of

MEMBER_RATE = 0.005
WEEKEND = 0.4
DIPPED = 0.4
"""What is left of the use of a tenant that dips."""
CATEGORIES = ("how_to", "bug", "billing", "feature")


def day_of_tenant(
    rng: Random, ledger: Ledger, tenant: Tenant, day: int, weekday: int, busy: float
) -> None:
    """Emit what one tenant does on one day."""
    if day in tenant.deltas or 1 - day in tenant.deltas:
        tenant.turn(day)
    age = day - tenant.first_day
    purchased, trial = tenant.state(day)[0], tenant.trial and 0 <= age < TRIAL_DAYS
    if purchased or trial:
        _seats(ledger, tenant, day, purchased)
    factor = WEEKEND if weekday >= 5 else 1.0
    if tenant.dips(day):
        factor *= DIPPED
    creator = tenant.employees[0]
    if age == 0:
        _first_day(rng, ledger, tenant, creator)
    elif _creator_active(rng, tenant, age, bool(purchased), factor):
        employee_day(rng, ledger, tenant, creator, moment_of(rng, day))
    if not purchased and not trial:
        return
    members = tenant.employees[1:]
    hoped = len(members) * factor * (MEMBER_RATE * busy if purchased else 0.12)
    count = int(hoped) + (rng.random() < hoped - int(hoped))
    for pick in sorted({int(len(members) * rng.random() ** 2) for _ in range(count)}):
        employee = members[pick]
        if employee.opened < day and (employee.closed is None or day < employee.closed):
            employee_day(rng, ledger, tenant, employee, moment_of(rng, day))
    if purchased and rng.random() < 0.012:
        _support(rng, ledger, tenant, day)


def _creator_active(rng: Random, tenant: Tenant, age: int, paying: bool, factor: float) -> bool:
    if age <= 45:
        hump = tenant.creator_rate * (0.8 + 0.8 * exp(-age / 6))
        return rng.random() < (hump if age == 30 else hump * 0.33)
    return paying and rng.random() < 0.08 * factor


def _seats(ledger: Ledger, tenant: Tenant, day: int, purchased: int) -> None:
    row = (tenant.tenant_id, day, tenant.open_now, tenant.closed_now, purchased, 1)
    ledger.emit("company_days", day, (None, f"{tenant.tenant_id}:{day}", *row))


def _first_day(rng: Random, ledger: Ledger, tenant: Tenant, creator: Employee) -> None:
    """Sign-up, which ties the web cookie to the login, then a first look around."""
    second = tenant.signed_up
    moment = second * 1000 + 2000
    event(rng, ledger, tenant, creator, moment, "$SignUp", "track_signup", cookie=tenant.cookie)
    event(rng, ledger, tenant, creator, moment + 500, None, "profile_set_once")
    employee_day(rng, ledger, tenant, creator, second + 30)


def employee_day(
    rng: Random, ledger: Ledger, tenant: Tenant, employee: Employee, second: int
) -> None:
    """One stay in the product: launch, login, work, end with its duration."""
    moment = start = second * 1000 + int(rng.random() * 1000)
    event(rng, ledger, tenant, employee, moment, "$AppStart", "track")
    moment += 1500
    if rng.random() < 0.8:
        event(rng, ledger, tenant, employee, moment, "login", "track")
    lines = tenant.state(day_of(second))[1]
    for _ in range(1 + int(rng.expovariate(0.9))):
        moment += 5000 + int(rng.expovariate(1 / 60_000))
        names = FEATURES[lines[int(rng.random() * len(lines))]]
        event(rng, ledger, tenant, employee, moment, names[int(rng.random() * len(names))], "track")
    if rng.random() < 0.3:
        moment += 30_000
        event(rng, ledger, tenant, employee, moment, "heartbeat", "track")
    if rng.random() < 0.8:
        moment += 4000
        lasted = round((moment - start) / 1000, 3)
        event(rng, ledger, tenant, employee, moment, "$AppEnd", "track", duration=lasted)


def event(
    rng: Random, ledger: Ledger, tenant: Tenant, employee: Employee, moment: int,
    name: str | None, kind: str, duration: float | None = None, cookie: str | None = None,
    ip: str | None = None,
) -> None:  # fmt: skip
    """Emit one Sensors record, with whatever dirt falls on it, and the requests behind it."""
    happened, received, tag = dirt.arrival(rng, moment)
    track = int(rng.random() * 2_000_000_000)
    if name in OWN:
        api_calls.used(ledger, tenant, employee, moment, name, track)
    identifier = f"{track}:{employee.login}:{happened}"
    row = (identifier, track, kind, name, happened, received, tenant.tenant_id, employee, duration,
           cookie, ip)  # fmt: skip
    ledger.emit("app_events", day_of(received // 1000), (tag, *row))
    doubled = dirt.twin(rng)
    if doubled == "duplicate_exact":
        ledger.emit("app_events", day_of(received // 1000), (doubled, *row))
    elif doubled:
        later = received + 1000 + int(rng.random() * 60_000)
        again = (*row[:5], later, *row[6:])
        ledger.emit("app_events", day_of(later // 1000), (doubled, *again))


def _support(rng: Random, ledger: Ledger, tenant: Tenant, day: int) -> None:
    """A support case, closed a few hours later; written to the file when it is closed."""
    opened = moment_of(rng, day)
    closed = opened + 600 + int(rng.expovariate(1 / 20_000))
    case_id = f"case-{tenant.company.number}-{opened:x}"
    employee = tenant.employees[int(len(tenant.employees) * rng.random())]
    row = (case_id, ("ticket", "im", "call")[int(rng.random() * 3)], tenant.company.account_id,
           employee.login, opened, closed, CATEGORIES[int(rng.random() * 4)],
           "true" if rng.random() < 0.08 else "false", None,
           1 + int(5 * rng.random() ** 0.5) if rng.random() < 0.5 else None)  # fmt: skip
    ledger.emit("support", day_of(closed), (None, case_id, *row))
