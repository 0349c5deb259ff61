"""Rows that a seed draws: few people on few days, odd clocks, robots, staff and test rows."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

LONG_AGO = datetime(2025, 12, 1, tzinfo=UTC)


class Draw:
    """A source of rows and of everything random about them; no two rows get one name."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.number = 0

    def name(self, what: str) -> str:
        self.number += 1
        return f"{what}-{self.number}"

    def row(self, entity: str, day: date) -> dict[str, Any]:
        """A new row of an entity on a day."""
        return ROWS[entity](self, day, self.name(entity))

    def instant(self, day: date) -> datetime:
        """A second of a calendar day in UTC; often one that others have, or a midnight's."""
        second = self.random.choice([0, 57_599, 57_600, self.random.randrange(86_400)])
        return datetime.combine(day, time(), UTC) + timedelta(seconds=second)

    def times(self, day: date) -> dict[str, datetime]:
        """Clocks of client and collector; half of the clients are ahead, one in six by a day."""
        seen = self.instant(day)
        ahead = self.random.choice([0, 0, 0, 9, 11, 1500])
        late = timedelta(seconds=self.random.choice([0, 1, 3600]))
        return {"event_time": seen + timedelta(minutes=ahead), "received_at": seen + late}


def _pageview(draw: Draw, day: date, name: str) -> dict[str, Any]:
    pick = draw.random.choice
    return {
        "event_id": name,
        "anonymous_id": f"v-{pick('abcdef')}",
        "user_id": pick([None, None, "u1", "u7"]),
        **draw.times(day),
        "url": "https://www.example.com/pricing",
        "url_path": pick(["/pricing", "/", "/docs"]),
        "referrer": pick([None, "https://www.nordwind.example/a", "https://www.baidu.com/s"]),
        "utm_source": pick([None, "baidu_sem"]),
        "ip_hash": pick([None, "h-own", "h-new"]),
        "ua": pick(["Mozilla/5.0", "MegaSpider/2", "TLabTest/1.0"]),
        "site_id": "www",
        "is_test": pick([None, False, False, True]),
    }


def _app_event(draw: Draw, day: date, name: str) -> dict[str, Any]:
    pick = draw.random.choice
    login = pick(["u1", "u2", "u7", None])
    return {
        "event_id": name,
        "type": pick(["track", "track", "track", "track_signup", "profile_set"]),
        "event": pick(["export_report", "Login", "$AppStart", "nobody_knows"]),
        "distinct_id": login or "d-1",
        "anonymous_id": pick([None, "v-a", "v-b"]),
        "login_id": login,
        **draw.times(day),
        "company_id": pick(["c1", "c2", "c7", None]),
        "employee_id": login,
        "event_duration": pick([None, 0.1, 12.345]),
        "ip_hash": pick([None, "h-own", "h-new"]),
        "ua": pick(["Mozilla/5.0", "MegaSpider/2", "TLabTest/1.0"]),
        "is_test": pick([None, False, False, True]),
    }


def _form_submit(draw: Draw, day: date, name: str) -> dict[str, Any]:
    pick = draw.random.choice
    return {
        "event_id": name,
        "anonymous_id": f"v-{pick('abcdef')}",
        **draw.times(day),
        "form_id": "demo",
        "type": "demo",
        "phone_hash": pick([None, "h-1", "h-2"]),
        "site_id": "www",
        "url_path": "/pricing",
    }


def _api_request_log(draw: Draw, day: date, name: str) -> dict[str, Any]:
    pick = draw.random.choice
    return {
        "request_id": name,
        "ts": draw.instant(day),
        "method": "GET",
        "path": pick(["/reports/17", "/reports/18", "/unknown"]),
        "status": pick([200, 200, 500]),
        "company_id": pick(["c1", "c2", "c7"]),
        "employee_id": "u1",
        "login_id": pick(["u1", "u7"]),
        "client": pick(["Mozilla/5.0", "MegaSpider/2"]),
        "ip_hash": pick([None, "h-own", "h-new"]),
    }


def _lead(draw: Draw, day: date, name: str) -> dict[str, Any]:
    pick = draw.random.choice
    made = draw.instant(day)
    return {
        "lead_id": pick([name, "lead-a", "lead-b"]),
        "created_at": made,
        "updated_at": made,
        "phone_hash": pick(["h-1", "h-2", "h-3"]),
        "status": pick(["new", "working"]),
        "owner_id": "o1",
    }


def _ad_spend_daily(draw: Draw, day: date, name: str) -> dict[str, Any]:
    words = ("adgroup_id", "keyword_id", "match_type", "device")
    return {
        "platform": "baidu",
        "account_id": "b1",
        "campaign_id": name,
        **dict.fromkeys(words, "(none)"),
        "date": day,
        "impressions": 100,
        "clicks": 10,
        "cost": draw.random.randint(1, 90),
        "currency": "CNY",
        "ad_type": "sem",
    }


ROWS: dict[str, Callable[[Draw, date, str], dict[str, Any]]] = {
    "pageview": _pageview,
    "app_event": _app_event,
    "form_submit": _form_submit,
    "api_request_log": _api_request_log,
    "lead": _lead,
    "ad_spend_daily": _ad_spend_daily,
}


def _robots(draw: Draw) -> list[dict[str, Any]]:
    pattern = draw.random.choice(["spider", "tlabtest"])
    return [{"pattern": pattern, "name": "any"}]


def _own(draw: Draw) -> list[dict[str, Any]]:
    address = draw.random.choice(["h-own", "h-new"])
    domain = draw.random.choice(["nordwind.example", "baidu.com"])
    return [{"kind": "ip", "value": address}, {"kind": "domain", "value": domain}]


def _staff(draw: Draw) -> list[dict[str, Any]]:
    member = draw.random.choice(["u7", None])
    since = {"valid_from": date(2026, 1, 1), "role": "sales"}
    return [{"owner_id": "o1", "team": "north", "employee_id": member, **since}]


def _tenants(draw: Draw) -> list[dict[str, Any]]:
    survivor = draw.random.choice(["c1", "c2", None])
    made = {"created_at": LONG_AGO, "updated_at": LONG_AGO}
    gone = {"company_id": "c7", "merged_into_id": survivor, "is_deleted": survivor is not None}
    return [{"company_id": "c1", **made}, {"company_id": "c2", **made}, {**gone, **made}]


def _endpoints(draw: Draw) -> list[dict[str, Any]]:
    route = {"endpoint_id": "e1", "method": "GET", "route_template": "/reports/{id}", "line": "bi"}
    since = {"valid_from": date(2025, 12, 1), "updated_at": LONG_AGO}
    return [{**route, **since, "is_active_event": draw.random.choice([True, False])}]


def employees() -> list[dict[str, Any]]:
    """Both employee accounts."""
    times = {"opened_at": LONG_AGO, "updated_at": LONG_AGO}
    return [{"company_id": "c1", "employee_id": name, **times} for name in ("u1", "u2")]


LISTED: dict[str, Callable[[Draw], list[dict[str, Any]]]] = {
    "bot_ua": _robots,
    "internal_list": _own,
    "owner": _staff,
    "company_account": _tenants,
    "api_endpoint": _endpoints,
}
