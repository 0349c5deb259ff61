"""A local server that behaves as Zendesk documents its incremental ticket export and its lists."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

LOGIN, TOKEN = "anna@acme.example/token", "canary-token-51"


@dataclass
class Zendesk:
    """Tickets and organizations; `busy` answers 429 so many times, with a time to wait."""

    tickets: list[dict[str, Any]]
    organizations: list[dict[str, Any]]
    size: int = 2
    busy: int = 0
    calls: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        """A page of either resource."""
        self.calls.append(request.full_path)
        pair = base64.b64encode(f"{LOGIN}:{TOKEN}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {pair}":
            return _json({"error": "Couldn't authenticate you"}, 401)
        if self.busy:
            self.busy -= 1
            said = {"error": "APIRateLimitExceeded", "description": "Number of allowed requests"}
            return _json(said, 429, {"Retry-After": "0.01"})
        return self._export(request) if "incremental" in request.path else self._list(request)

    def _export(self, request: Request) -> Response:
        """Tickets in the order of their change; the last page has a cursor too."""
        begin = request.args.get("cursor") or f"{request.args['start_time']}|0"
        since, _, seen = begin.partition("|")
        rows = sorted(self.tickets, key=lambda row: (row["generated_timestamp"], row["id"]))
        rows = [row for row in rows if row["generated_timestamp"] >= int(since)]
        end = int(seen) + self.size
        cursor = f"{since}|{min(end, len(rows))}"
        link = f"https://acme.zendesk.com{request.path}?cursor={cursor}"
        told = {"after_cursor": cursor, "after_url": link, "before_cursor": None}
        shown = rows[int(seen) : end]
        if "metric_sets" not in request.args.get("include", ""):
            shown = [{k: v for k, v in row.items() if k != "metric_set"} for row in shown]
        return _json({**told, "end_of_stream": end >= len(rows), "tickets": shown})

    def _list(self, request: Request) -> Response:
        """Organizations, by cursor; the last page has a cursor too."""
        begin = int(request.args.get("page[after]", 0))
        end = begin + min(int(request.args["page[size]"]), self.size)
        meta = {"has_more": end < len(self.organizations), "after_cursor": str(end)}
        return _json({"organizations": self.organizations[begin:end], "meta": meta})


def ticket(number: int, changed: str = "2026-03-01T10:00:00Z", **given: Any) -> dict[str, Any]:
    """A ticket; `changed` is its last change."""
    at = datetime.fromisoformat(changed).astimezone(UTC)
    return {
        "id": number,
        "created_at": "2026-02-01T09:00:00Z",
        "updated_at": changed,
        "generated_timestamp": int(at.timestamp()),
        "status": "open",
        "type": "question",
        "via": {"channel": "email"},
        "requester_id": 11,
        "organization_id": 501,
        "tags": [],
        "satisfaction_rating": {"score": "unoffered"},
        "metric_set": {"solved_at": None},
        **given,
    }


def _json(document: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(document), status, headers, content_type="application/json")
