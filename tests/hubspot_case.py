"""A local server that behaves as HubSpot documents its CRM objects API v3."""

import json
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response

TOKEN = "pat-na1-canary"
_DEFAULTS = {
    "contacts": ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate"],
    "companies": ["createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"],
    "deals": ["amount", "closedate", "createdate", "dealname", "dealstage", "hs_object_id"],
}


@dataclass
class HubSpot:
    """Objects by type. `busy` answers so many requests with 429 before it works again."""

    objects: dict[str, list[dict[str, Any]]]
    busy: int = 0
    calls: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        """List a page of a type, as `GET /crm/v3/objects/{type}`."""
        self.calls.append(request.full_path)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        if self.busy:
            self.busy -= 1
            limit = _error(429, "RATE_LIMITS", "You have reached your ten_secondly_rolling limit.")
            limit.headers["Retry-After"] = "0.01"
            return limit
        kind = request.path.rpartition("/")[2]
        limit_ = int(request.args.get("limit", 10))
        if kind not in self.objects:
            return _error(404, "OBJECT_NOT_FOUND", f"Unable to infer object type from: {kind}")
        if not 1 <= limit_ <= 100:
            return _error(400, "VALIDATION_ERROR", f"limit {limit_} is not between 1 and 100")
        return self._page(kind, limit_, request)

    def _page(self, kind: str, limit: int, request: Request) -> Response:
        after = int(request.args.get("after", 0))
        archived = request.args.get("archived", "false") == "true"
        rows = sorted(self.objects[kind], key=lambda row: int(row["id"]))
        rest = [r for r in rows if int(r["id"]) > after and r.get("archived", False) == archived]
        page = rest[:limit]
        asked = request.args.get("properties", "").split(",")
        linked = [name for name in request.args.get("associations", "").split(",") if name]
        out: dict[str, Any] = {"results": [_shown(kind, row, asked, linked) for row in page]}
        if len(rest) > limit:
            end = page[-1]["id"]
            link = f"https://api.hubapi.com{request.path}?limit={limit}&after={end}"
            out["paging"] = {"next": {"after": end, "link": link}}
        return Response(json.dumps(out), content_type="application/json;charset=utf-8")


def record(number: int, links: dict[str, list[int]] | None = None, **given: Any) -> dict[str, Any]:
    """An object; `links` are the ids it is associated with, by type."""
    return {
        "id": str(number),
        "properties": given,
        "links": links or {},
        "createdAt": "2026-02-01T09:00:00.123Z",
        "updatedAt": "2026-02-20T10:00:00.456Z",
        "archived": False,
    }


def _shown(kind: str, row: dict[str, Any], asked: list[str], linked: list[str]) -> dict[str, Any]:
    names = sorted({*_DEFAULTS[kind], *asked} - {""})
    own = {**row["properties"], "hs_object_id": row["id"]}
    shown = {key: row[key] for key in ("id", "createdAt", "updatedAt", "archived")}
    shown["properties"] = {name: own.get(name) for name in names}
    found = {name: row["links"][name] for name in linked if row["links"].get(name)}
    if found:
        shown["associations"] = {
            name: {"results": [{"id": str(number), "type": f"{kind}_to_{name}"} for number in ids]}
            for name, ids in found.items()
        }
    return shown


def _error(status: int, category: str, message: str) -> Response:
    told = {"status": "error", "message": message, "category": category}
    told["correlationId"] = "5bd6a1f6-6b5a-4b5c-9d3f-000000000000"
    return Response(json.dumps(told), status, content_type="application/json;charset=utf-8")
