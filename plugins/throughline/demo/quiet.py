"""Days on which a small world would be silent: one visit, one stay in the product, one call.

A real company's trackers and phones say something every day; an empty file of a day is a fault.
"""

from random import Random

from throughline.demo import api_calls, calls, usage, visits
from throughline.demo.channels import BY_NAME
from throughline.demo.ledger import Ledger
from throughline.demo.tenants import Tenant
from throughline.demo.times import start_of
from throughline.demo.world import World

_TRIES = 20
_SERIAL = 90_000


def fill(ledger: Ledger, world: World, number: int, using: list[Tenant]) -> None:
    """Emit what is missing of a day whose other stories are all told; `using` may be at work."""
    rng = Random(f"{world.seed}:{number}:quiet")
    morning = start_of(number) + 10 * 3600
    for again in range(_TRIES):
        second = morning + again * 600
        if not ledger.files["pageviews"][number]:
            serial = _SERIAL + again
            visitor = visits.new_visitor(rng, ledger, number, serial, BY_NAME["direct"])
            visits.session(rng, ledger, visitor, second, touch=True)
        if using and not ledger.files["app_events"][number]:
            tenant = using[0]
            usage.employee_day(rng, ledger, tenant, tenant.employees[0], second)
        if using and not ledger.files["api_requests"][number]:
            creator = using[0].employees[0]
            api_calls.used(ledger, using[0], creator, second * 1000, "view_dashboard", number)
        if not ledger.files["cdr"][number]:
            phone = f"1990{9_000_000 + number % 1_000_000}"
            calls.hotline(rng, ledger, f"c-in-{number:x}", second, phone)
