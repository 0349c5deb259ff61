"""A catalogue of thousands of endpoints with hostile neighbours, and requests to it."""

from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from core_world import at
from route_oracle import route_of

from warehouse_case import Row

LINES = ("erp", "mall", "scrm", "finance", "bi")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NOUNS = (
    *("orders", "Quotes", "products", "customers", "invoices", "stock-takes", "price_lists"),
    *("coupons", "members", "tasks", "reports", "ledgers", "shops", "banners", "webhooks"),
)
VERBS = ("export", "search", "batch", "v2", "me", "1.0", "oauth2", "步骤", "%E6%AD%A5", "a.b")
HOLDERS = ("{id}", ":id", "{company_id}", "<int:order>", "[slug]", "{Id:[0-9]+}", "*")
START = date(2024, 1, 1)
CHANGE = date(2024, 5, 15)


def endpoint(number: int, method: str, template: str, **more: object) -> Row:
    """A row of the catalogue; every third is active, every seventh a core feature."""
    line = LINES[number % len(LINES)]
    return {
        "endpoint_id": f"e{number:05d}", "method": method, "route_template": template,
        "line": line, "l1": f"m{number % 11}", "l2": f"f{number % 37}",
        "endpoint_name": f"endpoint {number}", "business_event": f"event_{number % 50}",
        "is_active_event": number % 3 == 0, "is_core_feature": number % 7 == 0,
        "valid_from": START, **more,
    }  # fmt: skip


def templates(rng: Random) -> list[str]:
    """Templates of every depth in which words and placeholders compete for the same paths."""
    found = ["/", "/health", "/{any}", "/a/{x}/c", "/a/b/{y}", "/{x}/b/c", "/deep" * 16]
    found += ["/" + "/".join(["x"] * 15 + ["{last}"]), "/Orders/Export/", "//twice//"]
    for line in LINES:
        for noun in NOUNS:
            for deep in (noun, f"{noun}/{rng.choice(VERBS)}/{rng.choice(NOUNS)}"):
                base = f"/{line}/{deep}"
                holder, other = rng.sample(HOLDERS, 2)
                found += [base, f"{base}/{holder}", f"{base}/{holder}/{rng.choice(VERBS)}"]
                found += [f"{base}/{verb}" for verb in rng.sample(VERBS, 3)]
                found += [f"{base}/{holder}/items/{other}", f"{base}/{rng.choice(VERBS)}/{other}"]
    return found


def catalogue(rng: Random) -> list[Row]:
    """At least 3,000 endpoints, one per method and route at a time; some changed, some ended."""
    rows: list[Row] = []
    seen: set[tuple[str, tuple[str, ...]]] = set()
    for template in templates(rng):
        for method in METHODS:
            key = (method, tuple(route_of(template)))
            if key in seen:
                continue
            seen.add(key)
            rows.append(endpoint(len(rows), method, template))
    for row in rng.sample(rows, 300):
        ends = CHANGE - timedelta(days=1)
        rows.remove(row)
        rows.append({**row, "valid_to": ends})
        if rng.random() < 0.7:
            rows.append({**row, "valid_from": CHANGE, "line": "moved", "valid_to": None})
    return rows


def some_id(rng: Random) -> str:
    """What may stand where a template has a placeholder."""
    number = rng.getrandbits(128)
    return rng.choice(
        [
            *(str(number % 10 ** rng.randint(1, 12)), str(UUID(int=number)), f"{number:032x}"),
            *(f"{number:x}"[:8], f"INV-2024-{number % 9999}", "2024-02-29", "1,2,3", "zhang-san"),
            *("export", "Items", "a1b2c3d4", "01HZXW5K3Q9V", "%E5%BC%A0", "x", "file.pdf", "v2"),
        ]
    )


def asked(rng: Random, template: str) -> str:
    """A path that may be meant for a template, as clients write paths."""
    parts = [
        some_id(rng) if any(mark in part for mark in "{[<:*") else part
        for part in template.split("/")
        if part
    ]
    if rng.random() < 0.1:
        parts.append(rng.choice([*VERBS, "7"]))
    if rng.random() < 0.05 and parts:
        parts[rng.randrange(len(parts))] = some_id(rng)
    path = "/" + "/".join(parts)
    noise = rng.random()
    if noise < 0.1:
        path = path.upper()
    elif noise < 0.2:
        path += "/"
    elif noise < 0.3:
        path = path.replace("/", "//", 2)
    elif noise < 0.35:
        path += ";jsessionid=1f?page=2#top"
    elif noise < 0.4:
        path = f"https://api.example.com:8443{path}?x=/1/"
    return path


def request(number: int, path: str, when: datetime, **more: object) -> Row:
    """A request of an employee."""
    return {
        "request_id": f"r{number}", "ts": when, "method": "GET", "path": path, "status": 200,
        "company_id": "t1", "employee_id": "u1", "login_id": "u1", **more,
    }  # fmt: skip


def requests(rng: Random, endpoints: list[Row], count: int) -> list[Row]:
    """Requests to any endpoint of a catalogue, before and after it changed."""
    return [
        request(
            number, asked(rng, rng.choice(endpoints)["route_template"]),
            at(rng.randint(0, 100), rng.randint(0, 23)), method=rng.choice(METHODS),
            line_hint=rng.choice([None, "erp", "nothing"]),
        )
        for number in range(count)
    ]  # fmt: skip
