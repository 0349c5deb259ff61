"""The product's side of a company: tenant, seats, employee accounts."""

from dataclasses import dataclass, field
from random import Random

from throughline.demo.channels import BY_NAME
from throughline.demo.company import Company
from throughline.demo.ledger import Ledger
from throughline.demo.times import DAY, day_of, start_of

OVER_DEPLOYED = 0.02
TRIAL_DAYS = 14


@dataclass
class Employee:
    """One employee account; days are ordinals, `closed` exclusive of nothing: last open day."""

    employee_id: str
    login: str
    device: str
    opened: int
    closed: int | None = None


@dataclass
class Decision:
    """The end of a contract in one line of business: whether the customer stays, and dips before.

    `first`, `last`: days (ordinals) of the contract. `plan`: uses on each day of its routine, once
    that has begun. `used`: uses before the last 30 days, and in them.
    """

    first: int
    last: int
    line: str
    stays: bool
    dips: bool
    plan: list[int] = field(default_factory=list)
    used: list[int] = field(default_factory=lambda: [0, 0])


@dataclass
class Tenant:
    """One tenant under way.

    `seats`: (first day, last day, seats, line) bought. `decisions`: the ends of its contracts.
    `deltas`: day → accounts opened that day, and -day → accounts whose last day it is. `cookie` of
    the sign-up.
    """

    company: Company
    signed_up: int
    trial: bool
    creator_rate: float
    cookie: str | None
    employees: list[Employee] = field(default_factory=list)
    seats: list[tuple[int, int, int, str]] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    row: dict = field(default_factory=dict)
    deltas: dict[int, int] = field(default_factory=dict)
    open_now: int = 0
    closed_now: int = 0
    state_until: int = 0
    state_now: tuple[int, list[str]] = (0, [])
    tenant_id: str = field(init=False)
    first_day: int = field(init=False)

    def __post_init__(self) -> None:
        self.tenant_id = self.company.tenant_id
        self.first_day = day_of(self.signed_up)

    def state(self, day: int) -> tuple[int, list[str]]:
        """Seats bought on a day, and the lines in use (during a trial erp and bi).

        Both are kept until the next day on which a contract begins or ends.
        """
        if day >= self.state_until:
            current = [one for one in self.seats if one[0] <= day <= one[1]]
            edges = [edge for one in self.seats for edge in (one[0], one[1] + 1) if edge > day]
            self.state_until = min(edges, default=10**9)
            lines = sorted({line for _, _, _, line in current}) or ["erp", "bi"]
            self.state_now = sum(seats for _, _, seats, _ in current), lines
        return self.state_now

    def in_trial(self, day: int) -> bool:
        """Whether the day lies in the trial."""
        return self.trial and self.first_day <= day < self.first_day + TRIAL_DAYS

    def in_use(self, day: int) -> bool:
        """Whether seats are bought on the day, or the trial is on."""
        return bool(self.state(day)[0]) or self.in_trial(day)

    def dips(self, day: int) -> bool:
        """Whether it uses the product less, in the two months before the end of a contract."""
        return any(one.dips and one.last - 60 <= day <= one.last for one in self.decisions)

    def turn(self, day: int) -> None:
        """Count accounts open on a day, and those closed before it.

        Call in order for every day that `deltas` tells of, others may be left out.
        """
        gone = self.deltas.pop(1 - day, 0)
        self.closed_now += gone
        self.open_now += self.deltas.pop(day, 0) - gone

    @property
    def last_day(self) -> int:
        """Last day on which anything can happen."""
        bought = max((last for _, last, _, _ in self.seats), default=0)
        return max(bought, self.first_day + 45)


def sign_up(
    rng: Random, ledger: Ledger, company: Company, second: int, cookie: str | None, trial: bool,
    registered: int | None = None,
) -> Tenant:  # fmt: skip
    """Open a tenant: account row, creator, and its place in the daily round.

    `registered`: instant before the world began, for companies that are customers already.
    """
    base = BY_NAME[company.channel].retention if company.channel in BY_NAME else 0.3
    early_export = rng.random() < 0.4
    tenant = Tenant(
        company, registered or second, trial, base + (0.12 if early_export else 0), cookie
    )
    tenant.row = {
        "company_id": company.tenant_id, "name": company.name, "uscc": company.uscc,
        "domain": company.domain, "account_id": None, "headcount": company.headcount,
        "pay_type": "trial" if trial else "contract", "industry_l1": company.industry[0],
        "industry_l2": company.industry[1], "creator_login_id": login_of(company, 1),
        "created_at": registered or second, "opened_at": registered or second,
        "trial_started_at": second if trial else None,
        "trial_ended_at": second + TRIAL_DAYS * DAY if trial else None, "merged_into_id": None,
    }  # fmt: skip
    save(ledger, tenant, second)
    hire(ledger, tenant, 1, day_of(second), second)
    if trial:
        for extra in range(int(rng.random() * 3)):
            hire(ledger, tenant, 2 + extra, day_of(second) + 1 + extra)
    ledger.tenants[day_of(second)].append(tenant)
    return tenant


def save(ledger: Ledger, tenant: Tenant, second: int) -> None:
    """Write a version of the tenant's row."""
    row = {**tenant.row, "updated_at": second}
    ledger.emit("company_accounts", day_of(second), (None, tenant.tenant_id, row))


def login_of(company: Company, number: int) -> str:
    """Login id of an employee."""
    return f"u-{company.number}-{number}"


def hire(ledger: Ledger, tenant: Tenant, number: int, day: int, second: int | None = None) -> None:
    """Open an employee account."""
    login = login_of(tenant.company, number)
    opened = second or start_of(day) + 8 * 3600
    device = f"dev-{tenant.company.number}-{1 if tenant.company.serial % 97 == 5 else number}"
    employee = Employee(f"e-{tenant.company.number}-{number}", login, device, day)
    tenant.employees.append(employee)
    tenant.deltas[day] = tenant.deltas.get(day, 0) + 1
    row = (tenant.tenant_id, employee.employee_id, login, opened, None,
           "admin" if number == 1 else "member", opened)  # fmt: skip
    ledger.emit("employees", day_of(opened), (None, employee.employee_id, *row))
    ledger.fact("user", opened, login=login)


def leave(ledger: Ledger, tenant: Tenant, employee: Employee, day: int) -> None:
    """Close an employee account in the evening of a day."""
    employee.closed = day
    tenant.deltas[-day] = tenant.deltas.get(-day, 0) + 1
    closed = start_of(day) + 19 * 3600
    row = (tenant.tenant_id, employee.employee_id, employee.login,
           start_of(employee.opened) + 8 * 3600, closed, "member", closed)  # fmt: skip
    ledger.emit("employees", day, (None, employee.employee_id, *row))


def staff_up(rng: Random, ledger: Ledger, tenant: Tenant, seats: int, day: int) -> None:
    """Open accounts up to about seven tenths of the seats, over the month after `day`."""
    wanted = max(2, round(seats * (0.5 + 0.4 * rng.random())))
    wanted = min(wanted, seats)
    if rng.random() < OVER_DEPLOYED:
        wanted = seats + 2
        ledger.mark("over_deployed", tenant.tenant_id, start_of(day))
    for number in range(len(tenant.employees) + 1, wanted + 1):
        hire(ledger, tenant, number, day + 1 + int(28 * rng.random() ** 2))
    for employee in tenant.employees[2:]:
        if rng.random() < 0.03:
            leave(ledger, tenant, employee, employee.opened + 60 + int(rng.random() * 200))
