"""A local server that behaves as Stripe documents the lists of its API, version 2024-06-20."""

import json
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response

KEY, VERSION = "rk_live_canary51", "2024-06-20"


@dataclass
class Stripe:
    """Objects by list. `busy` answers so many requests with 429 before it works again."""

    objects: dict[str, list[dict[str, Any]]]
    busy: int = 0
    calls: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        """List a page, newest first, as `GET /v1/<list>`."""
        self.calls.append(request.full_path)
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return _error(401, "invalid_request_error", "Invalid API Key provided: rk_live_****")
        if request.headers.get("Stripe-Version") != VERSION:
            return _error(400, "invalid_request_error", "Invalid Stripe API version")
        if self.busy:
            self.busy -= 1
            return _error(429, "invalid_request_error", "Request rate limit exceeded.")
        name = request.path.removeprefix("/v1/")
        if name not in self.objects:
            return _error(404, "invalid_request_error", f"Unrecognized request URL (GET: {name})")
        limit = int(request.args.get("limit", 10))
        if not 1 <= limit <= 100:
            return _error(400, "invalid_request_error", f"Invalid integer: {limit}")
        return self._page(name, limit, request)

    def _page(self, name: str, limit: int, request: Request) -> Response:
        rows = sorted(self.objects[name], key=lambda row: (-row["created"], row["id"]))
        if name == "subscriptions" and request.args.get("status") != "all":
            rows = [row for row in rows if row["status"] != "canceled"]
        after = request.args.get("starting_after")
        if after is not None:
            places = [place for place, row in enumerate(rows) if row["id"] == after]
            if not places:
                return _error(400, "invalid_request_error", f"No such {name}: '{after}'")
            rows = rows[places[0] + 1 :]
        told = {"object": "list", "url": request.path, "has_more": len(rows) > limit}
        return Response(json.dumps({**told, "data": rows[:limit]}), content_type="application/json")


def invoice(number: int, **given: Any) -> dict[str, Any]:
    """A paid invoice of 10.00 USD for a subscription of its own."""
    return {
        "id": f"in_{number:04d}",
        "object": "invoice",
        "subscription": f"sub_{number:04d}",
        "customer": "cus_1",
        "total": 1000,
        "currency": "usd",
        "status": "paid",
        "created": 1769940000 + number,
        "due_date": None,
        "status_transitions": {"finalized_at": 1769943600 + number},
        "livemode": True,
        **given,
    }


def charge(number: int, **given: Any) -> dict[str, Any]:
    """The charge of the invoice of this number."""
    return {
        "id": f"ch_{number:04d}",
        "object": "charge",
        "invoice": f"in_{number:04d}",
        "customer": "cus_1",
        "amount": 1000,
        "amount_captured": 1000,
        "captured": True,
        "currency": "usd",
        "status": "succeeded",
        "created": 1769943700 + number,
        "payment_method_details": {"type": "card"},
        "livemode": True,
        **given,
    }


def refund(number: int, **given: Any) -> dict[str, Any]:
    """A refund of 1.00 USD of the charge of this number."""
    told = {"id": f"re_{number:04d}", "charge": f"ch_{number:04d}", "amount": 100}
    return {**told, "currency": "usd", "status": "succeeded", "created": 1770000000, **given}


def subscription(number: int, status: str = "active") -> dict[str, Any]:
    """A monthly subscription of three seats at 15.00 USD."""
    price = {"id": "price_1", "nickname": "Team", "currency": "usd", "unit_amount_decimal": "1500"}
    step = {"recurring": {"interval": "month", "interval_count": 1}}
    items = [{"id": f"si_{number:04d}", "quantity": 3, "price": {**price, **step}}]
    return {
        "id": f"sub_{number:04d}",
        "status": status,
        "created": 1769940000 + number,
        "start_date": 1769940000,
        "current_period_end": 1772359200,
        "livemode": True,
        "items": {"object": "list", "has_more": False, "data": items},
    }


def _error(status: int, kind: str, message: str) -> Response:
    told = json.dumps({"error": {"message": message, "type": kind}})
    return Response(told, status, content_type="application/json")
