"""What a tenant does every working day before a contract ends, less before it leaves (spec: T6).

Every contract that ends is a decision: its customer stays or leaves. Most who leave, and a few who
stay, use the product less than half as much from 45 to 60 days before the end on. The rest of a
tenant's use is too rare to show that, so a routine is told beside it: requests for the core feature
of the contract's line, by which use is measured, and a login on Mondays. It is drawn on streams of
its own, so that nothing else is told otherwise.
"""

from random import Random

from throughline.demo import api_calls
from throughline.demo.endpoints import CORE, ENDPOINTS, LINE_OF, OWN
from throughline.demo.ledger import Ledger
from throughline.demo.tenants import Decision, Employee, Tenant
from throughline.demo.times import start_of
from throughline.demo.usage import DIPPED
from throughline.demo.world import World

WINDOW, LAST = 90, 30
"""Days of routine before the end of a contract, or since it began, and how many are the last."""
SLOWEST, FASTEST = 1.0, 1.5
"""Uses per working day, the same until a dip begins."""
LATEST, EARLIEST = 45, 60
"""Days before the end of a contract between which a dip begins."""
USERS = 5
"""Accounts of a tenant that take turns."""
ASKED = {LINE_OF[event]: ENDPOINTS[OWN[event]] for event in sorted(CORE)}
"""By line, the endpoint of its core feature."""


def day(ledger: Ledger, world: World, tenant: Tenant, number: int) -> None:
    """Tell what belongs to the routine of a tenant on one day; its last day is a fact."""
    for decision in tenant.decisions:
        first = max(decision.first, decision.last - WINDOW + 1, world.start.toordinal())
        if not first <= number <= decision.last:
            continue
        if not decision.plan:
            rng = Random(f"routine:{world.seed}:{tenant.tenant_id}:{decision.last}")
            decision.plan = _plan(rng, range(first, decision.last + 1), decision.dips)
        rng = Random(f"routine:{world.seed}:{tenant.tenant_id}:{number}")
        used = _work(rng, ledger, tenant, decision, number, decision.plan[number - first])
        decision.used[number > decision.last - LAST] += used
        if number == decision.last:
            before, last = decision.used
            ledger.fact("decision", start_of(number), stays=decision.stays, dips=decision.dips,
                        uses_before=before, uses_last=last)  # fmt: skip


def _plan(rng: Random, days: range, dips: bool) -> list[int]:
    """Uses of each day, spread evenly over the working days."""
    pace = SLOWEST + (FASTEST - SLOWEST) * rng.random()
    length = LATEST + int((EARLIEST - LATEST + 1) * rng.random()) if dips else 0
    owed, plan = rng.random(), []
    for number in days:
        if (number - 1) % 7 < 5:
            owed += pace * (DIPPED if number >= days.stop - length else 1)
        plan.append(int(owed))
        owed -= int(owed)
    return plan


def _work(
    rng: Random, ledger: Ledger, tenant: Tenant, decision: Decision, number: int, uses: int
) -> int:
    """Tell the uses of a day by accounts that are open on it; return how many there were."""
    at_work = [one for one in tenant.employees[:USERS]
               if one.opened < number and (one.closed is None or number < one.closed)]  # fmt: skip
    if not at_work:
        return 0
    if number % 7 == 1:
        _login(rng, ledger, tenant, at_work[0], number)
    for place in range(uses):
        employee = at_work[int(rng.random() * len(at_work))]
        second = start_of(number) + 9 * 3600 + int(rng.random() * 9 * 3600)
        drawn = int(rng.random() * 2_000_000_000)
        asked = ASKED[decision.line]
        api_calls.emit(ledger, tenant, employee, f"rt-{tenant.company.number}-{number:x}-{place}",
                       second, asked.endpoint_id, asked.method, asked.path(str(drawn % 90_000)),
                       drawn)  # fmt: skip
    return uses


def _login(rng: Random, ledger: Ledger, tenant: Tenant, employee: Employee, number: int) -> None:
    """Tell a login on the morning of a Monday."""
    moment = (start_of(number) + 8 * 3600 + int(rng.random() * 3600)) * 1000
    track = int(rng.random() * 2_000_000_000)
    row = (track, "track", "login", moment, moment + 400, tenant.tenant_id, employee, None, None,
           None)  # fmt: skip
    identifier = f"{track}:{employee.login}:{moment}"
    ledger.emit("app_events", number, (None, identifier, *row))
