"""Requests to the product's API as its gateway logs them: those of features, and those of programs.

They are told from numbers the story has drawn already, so they change nothing else of a world.
"""

from throughline.demo.endpoints import AMBIGUOUS, BROWSED, ENDPOINTS, LINE_OF, OWN, UNKNOWN
from throughline.demo.ledger import Ledger
from throughline.demo.tenants import Employee, Tenant
from throughline.demo.times import day_of, start_of

_OWN = {event: ENDPOINTS[identifier] for event, identifier in OWN.items()}
DOUBLED = 500
"""One request in so many is shipped twice by the gateway's log."""


def used(
    ledger: Ledger, tenant: Tenant, employee: Employee, moment: int, event: str, number: int
) -> None:
    """Emit the request that the use of a feature is, and in three of ten a look around before it.

    `number` is drawn from two thousand million.
    """
    second = moment // 1000
    if number % 10 < 3:
        nearby = BROWSED[LINE_OF[event]]
        place = number // 10 % 10_000 / 10_000
        endpoint = nearby[int(len(nearby) * place * place)]
        emit(ledger, tenant, employee, f"rq-{moment:x}-{number:x}b", second, endpoint.endpoint_id,
              endpoint.method, endpoint.path(str(number % 90_000)), number)  # fmt: skip
    endpoint = _OWN[event]
    emit(ledger, tenant, employee, f"rq-{moment:x}-{number:x}", second, endpoint.endpoint_id,
          endpoint.method, endpoint.path(str(number % 90_000)), number)  # fmt: skip


def programs(ledger: Ledger, tenants: list[Tenant], number: int) -> None:
    """Emit the one request of a day by a program: of an unknown route, or with an odd id.

    Days take turns; each unknown route comes every 24 days, each odd id every 14.
    """
    if not tenants:
        return
    second = start_of(number) + 3 * 3600 + number % 3600
    turn = number // 2
    if number % 2 == 0:
        found, method, path = "UNMAPPED", "GET", UNKNOWN[turn % len(UNKNOWN)]
        path = path.replace("{id}", str(number))
    else:
        found = tuple(AMBIGUOUS)[turn % len(AMBIGUOUS)]
        method, path = "GET", ENDPOINTS[found].path(AMBIGUOUS[found](number, second))
    emit(ledger, tenants[0], None, f"rq-p-{number:x}", second, found, method, path, number)


def emit(
    ledger: Ledger, tenant: Tenant, employee: Employee | None, identifier: str, second: int,
    endpoint: str, method: str, path: str, number: int,
) -> None:  # fmt: skip
    """Emit one request; its `number` says how it went, and whether it is shipped twice."""
    row = (identifier, second, method, path, tenant.tenant_id, employee, endpoint, number)
    day = day_of(second)
    ledger.emit("api_requests", day, (None, *row))
    if number % DOUBLED == 7:
        ledger.emit("api_requests", day, ("duplicate_exact", *row))
