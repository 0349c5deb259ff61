"""Companies whose contracts follow a script (spec: T17, T16), with the ledger they must yield.

M0, M1, M2 are the first days of the world's first three months. Every price is per seat and year
unless said; monthly recurring revenue = seats x price / 12.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from throughline.demo import deals, tenants, usage
from throughline.demo.company import Company, new_company, new_person
from throughline.demo.ledger import Ledger
from throughline.demo.tenants import Tenant
from throughline.demo.times import DAY, add_months, day_of, start_of
from throughline.demo.world import World

SERIAL_BASE = 9_000_000
ONE = timedelta(days=1)


@dataclass
class Script:
    """One scripted company while it is told."""

    ledger: Ledger
    rng: Random
    world: World
    company: Company
    items: list[tuple[int, int, int, str]] = field(default_factory=list)
    signed: list[dict[str, Any]] = field(default_factory=list)

    def month(self, number: int, day: int = 1) -> date:
        """Day of the world's month 0, 1, 2 and so on."""
        return add_months(self.world.start, number) + timedelta(days=day - 1)

    def second(self, day: date) -> int:
        """Ten in the morning of a day."""
        return deals.first_second(day)

    def sign(
        self, signed: date, start: date, end: date, amount: float, kind: str = "new", **more: Any
    ) -> dict[str, Any]:
        """Sign a contract."""
        contract_id = f"ct-{self.company.number}-{len(self.signed) + 1}"
        row = deals.contract(self.ledger, self.second(signed), self.company, contract_id, kind,
                             start, end, amount, **more)  # fmt: skip
        self.signed.append(row)
        return row

    def item(self, contract: dict, line: str, seats: int, price: float, start: date, end: date,
             **more: Any) -> dict[str, Any]:  # fmt: skip
        """Add an item, written when its contract was signed."""
        suffix = str(len(self.items) + 1)
        last = more.get("service_end") or end
        self.items.append((start.toordinal(), last.toordinal(), seats, line))
        written = contract["created_at"]
        changes = {key: more.pop(key) for key in ("canceled_at", "service_end") if key in more}
        row = deals.item(self.ledger, written, contract, suffix, line, seats, price, start, end,
                         **more)  # fmt: skip
        if changes:
            self.ledger.save("subscription_items", changes["canceled_at"], {**row, **changes})
        return row

    def pay(self, contract: dict, amount: float, day: date) -> str:
        """Invoice and, two days later, receive an amount."""
        number = sum(1 for _ in self.ledger.crm["invoices"])
        return deals.bill(self.ledger, self.second(day), self.company, contract, amount, number, 2)

    def year(self, signed: date, start: date, line: str, seats: int, price: float,
             kind: str = "new", **more: Any) -> dict[str, Any]:  # fmt: skip
        """Sign, itemise and bill one plain year."""
        end = add_months(start, 12) - ONE
        amount = float(seats * price)
        row = self.sign(signed, start, end, amount, kind, **more)
        self.item(row, line, seats, price, start, end)
        self.pay(row, amount, signed)
        return row


def tell(ledger: Ledger, world: World, plots: Sequence[Callable[[Script], None]]) -> None:
    """Tell every script, then give each company its tenant on the day it needs one."""
    for index, plot in enumerate(plots):
        name = plot.__name__
        rng = Random(f"script:{world.seed}:{name}")
        company = new_company(rng, f"s{index + 1:02d}", SERIAL_BASE + index, "legacy")
        script = Script(ledger, rng, world, company)
        plot(script)
        created = min(row["created_at"] for row in script.signed)
        enter(script, created)
        tenant = open_tenant(script, created)
        ledger.fact("script", created, name=name, account_id=company.account_id,
                    tenant_id=tenant.tenant_id)  # fmt: skip


def enter(script: Script, second: int) -> None:
    """Write the account of a company, and its one contact."""
    company, rng = script.company, script.rng
    script.ledger.save("accounts", second, {
        "account_id": company.account_id, "name": company.name, "uscc": company.uscc,
        "domain": company.domain, "industry_l1": company.industry[0],
        "industry_l2": company.industry[1], "employee_count": company.headcount,
        "city": company.city, "owner_id": "o-sales-01", "pay_type": "contract",
        "is_deleted": False, "is_test": False,
    })  # fmt: skip
    person = new_person(rng, company.number, company.serial, company)
    script.ledger.save("contacts", second, {
        "contact_id": f"con-{company.number}", "account_id": company.account_id,
        "name": person.name, "phone": person.phone, "email": person.email, "title": person.title,
        "is_deleted": False, "is_test": False,
    })  # fmt: skip


def open_tenant(script: Script, created: int) -> Tenant:
    """A tenant that lives from the world's first day on, or from the day of signing."""
    begin = start_of(script.world.start.toordinal()) + 9 * 3600
    second = max(begin, created + 3600)
    registered = created + 1800 if created < begin else None
    tenant = tenants.sign_up(script.rng, script.ledger, script.company, second, None, trial=False,
                             registered=registered)  # fmt: skip
    tenant.seats = list(script.items)
    tenant.row.update(account_id=script.company.account_id)
    tenants.save(script.ledger, tenant, second + 600)
    tenants.staff_up(script.rng, script.ledger, tenant, 6, day_of(second))
    return tenant


def streaks(ledger: Ledger, world: World) -> None:
    """Four users who work on the Wednesdays of 1, 4, 5 and 9 weeks in a row, and on no other day.

    In a world that sees a new year the nine weeks run across it.
    """
    rng = Random(f"streaks:{world.seed}")
    company = new_company(rng, "s90", SERIAL_BASE + 90, "legacy")
    begin = start_of(world.start.toordinal()) + 9 * 3600
    tenant = tenants.sign_up(rng, ledger, company, begin, None, False, registered=begin - DAY)
    ledger.tenants[day_of(begin)].remove(tenant)
    anchor = date(world.start.year + 1, 1, 1) - timedelta(days=28)
    if world.size == "tiny":
        anchor = world.start + timedelta(days=7)
    monday = anchor.toordinal() + (8 - date.toordinal(anchor) % 7) % 7
    for number, weeks in enumerate((1, 4, 5, 9), start=2):
        tenants.hire(ledger, tenant, number, day_of(begin))
        employee = tenant.employees[-1]
        for week in range(weeks):
            second = start_of(monday + 7 * week + 2) + 10 * 3600
            usage.employee_day(rng, ledger, tenant, employee, second)
        ledger.fact("streak", begin + DAY, login_id=employee.login, weeks=weeks,
                    first_monday=date.fromordinal(monday).isoformat())  # fmt: skip
