"""The catalogue of the product's API: 3,200 endpoints, and routes it does not know (spec: T25)."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from throughline.demo.channels import FEATURES
from throughline.demo.times import DAY, date_of

THINGS = {
    "erp": "quotes products stock suppliers purchases warehouses batches prices units returns",
    "mall": "orders products carts coupons shops shipments reviews banners buyers payments",
    "scrm": "members groups tags messages campaigns scripts staff channels tasks moments",
    "finance": "bills vouchers accounts invoices taxes budgets assets loans receipts currencies",
    "bi": "reports dashboards charts datasets metrics alerts subscriptions folders shares queries",
}
MODULES = ("main", "mobile", "settings", "admin", "jobs", "audit", "partner", "open")
OPEN = "open"
"""The module that other companies' programs call; nobody sits before them."""
OPERATIONS = (
    ("list", "GET", ""), ("create", "POST", ""), ("read", "GET", "/{id}"),
    ("change", "PUT", "/:id"), ("remove", "DELETE", "/<int:id>"),
    ("approve", "POST", "/[id]/approve"), ("export", "GET", "/export"),
    ("import", "POST", "/import"),
)  # fmt: skip
PLACEHOLDERS = ("{id}", ":id", "<int:id>", "[id]")
OWN = {
    "create_quote": "erp.main.quotes.create", "import_products": "erp.main.products.import",
    "approve_order": "mall.main.orders.approve", "search_product": "mall.main.products.list",
    "invite_member": "scrm.main.members.create", "reconcile_bill": "finance.main.bills.approve",
    "export_report": "bi.main.reports.export", "view_dashboard": "bi.main.dashboards.read",
}  # fmt: skip
"""Endpoint by the feature of the product whose use is a request to it."""
CORE = {"create_quote", "approve_order", "invite_member", "reconcile_bill", "export_report"}
HEADER = (
    "endpoint_id,method,route_template,line,l1,l2,endpoint_name,business_event,is_active_event,"
    "is_core_feature,owner_team,valid_from,valid_to"
)
UNKNOWN = tuple(
    f"/api/{line}/legacy/{thing}{rest}"
    for line, thing, rest in (
        ("erp", "quotes", ""), ("erp", "stock", "/{id}"), ("erp", "stock", "/{id}/lock"),
        ("mall", "orders", ""), ("mall", "orders", "/{id}"), ("mall", "carts", "/merge"),
        ("scrm", "members", "/{id}"), ("scrm", "groups", ""), ("finance", "bills", "/{id}/print"),
        ("finance", "taxes", ""), ("bi", "reports", "/{id}"), ("bi", "charts", ""),
    )
)  # fmt: skip
"""Routes that answer, always to GET, and that no endpoint of the catalogue matches."""


@dataclass(frozen=True)
class Endpoint:
    """One endpoint; `endpoint_id` is line.module.thing.operation, `event` its feature's name."""

    endpoint_id: str
    method: str
    template: str
    event: str

    def path(self, given: str) -> str:
        """The path of a request for the thing with this id."""
        for placeholder in PLACEHOLDERS:
            if placeholder in self.template:
                return self.template.replace(placeholder, given)
        return self.template

    def row(self) -> str:
        """Its line of the catalogue."""
        line, module, thing, operation = self.endpoint_id.split(".")
        active = (module != OPEN and operation != "export") or bool(self.event)
        cells = (self.endpoint_id, self.method, self.template, line, module, thing,
                 f"{operation} {thing}", self.event, str(active).lower(),
                 str(self.event in CORE).lower(), f"{line}-team", "", "")  # fmt: skip
        return ",".join(cells)


def _all() -> dict[str, Endpoint]:
    events = {identifier: event for event, identifier in OWN.items()}
    found = {}
    for module in MODULES:
        for line, things in THINGS.items():
            for thing in things.split():
                for operation, method, rest in OPERATIONS:
                    identifier = f"{line}.{module}.{thing}.{operation}"
                    template = f"/api/{line}/{module}/{thing}{rest}"
                    event = events.get(identifier, "")
                    found[identifier] = Endpoint(identifier, method, template, event)
    return found


ENDPOINTS = _all()
BROWSED = {
    line: tuple(one for name, one in ENDPOINTS.items() if name.startswith(f"{line}.")
                and name.split(".")[1] != OPEN and not one.event)
    for line in THINGS
}  # fmt: skip
"""By line, the endpoints that people's clicks ask beside those of a feature."""
LINE_OF = {event: line for line, events in FEATURES.items() for event in events}


def _uuid(number: int) -> str:
    return str(uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128)))


AMBIGUOUS: dict[str, Callable[[int, int], str]] = {
    "erp.open.quotes.read": lambda number, _: _uuid(number),
    "scrm.open.members.read": lambda number, _: _uuid(number).upper(),
    "mall.open.orders.read": lambda number, _: str(7_000_000_000_000_000_000 + number),
    "bi.open.reports.read": lambda _, second: date_of(second - DAY).isoformat(),
    "finance.open.bills.read": lambda _, second: f"{date_of(second - DAY):%Y%m%d}",
    "bi.open.datasets.read": lambda number, _: f"{_uuid(number).replace('-', '')}5ca1ab1e",
    "mall.open.carts.read": lambda number, _: "deadbeef" + "abcdef"[number % 6] * 4,
}
"""Endpoints whose ids do not look like numbers: two kinds of uuid, a snowflake, two ways to write a
day, a sha1, and a hash without a digit; each from a number and the second of the request."""


def write(folder: Path) -> None:
    """Write `product/endpoints.csv` where there is none."""
    path = folder / "product" / "endpoints.csv"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [HEADER, *(one.row() for one in ENDPOINTS.values())]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
