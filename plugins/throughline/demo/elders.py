"""Customers of a year's standing, in a world too short for its own to decide about a renewal (T6).

Their year ends in the last weeks of history. A fifth leave, most of those use the product less
before, and so does one who stays. Nobody's first touch is known, as of the scripted companies.
"""

from datetime import timedelta
from random import Random

from throughline.demo import routine, scripted
from throughline.demo.company import new_company
from throughline.demo.ledger import Ledger
from throughline.demo.scripted import ONE, Script
from throughline.demo.tenants import Decision, Tenant
from throughline.demo.times import add_months
from throughline.demo.world import World

COUNT, SHORT = 20, 180
"""How many there are, in a world whose history has fewer days."""
SERIAL_BASE = 9_300_000
LINE, SEATS, PRICE = "erp", 8, 1800
"""CNY per seat and year."""


def tell(ledger: Ledger, world: World) -> None:
    """Tell every one: the year that ends, what follows it, and a tenant with its decision."""
    if (world.history_until - world.start).days >= SHORT:
        return
    for place in range(COUNT):
        rng = Random(f"elder:{world.seed}:{place}")
        company = new_company(rng, f"d{place:02d}", SERIAL_BASE + place, "legacy")
        script = Script(ledger, rng, world, company)
        end = world.history_until - timedelta(days=1 + place)
        start = add_months(end + ONE, -12)
        stays = place % 5 != 4
        year = script.year(start - ONE, start, LINE, SEATS, PRICE)
        if stays:
            script.year(end - timedelta(days=10), end + ONE, LINE, SEATS, PRICE, "renewal",
                        renewed_from=year["contract_id"])  # fmt: skip
        scripted.enter(script, year["created_at"])
        tenant = scripted.open_tenant(script, year["created_at"])
        dips = place == 0 or (not stays and place > 4)
        decision = Decision(start.toordinal(), end.toordinal(), LINE, stays, dips)
        _use(ledger, world, tenant, decision)


def _use(ledger: Ledger, world: World, tenant: Tenant, decision: Decision) -> None:
    """Tell the routine, and take the tenant out of the daily round: it does nothing else."""
    ledger.tenants[tenant.employees[0].opened].remove(tenant)
    tenant.decisions.append(decision)
    for number in range(world.start.toordinal(), decision.last + 1):
        routine.day(ledger, world, tenant, number)
