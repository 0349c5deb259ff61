"""A company of a few rows a day: the smallest one that fills tables in several stages."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from night_case import DAY, put
from throughline.settings import Settings

ENTITIES = (
    *("account", "ad_spend_daily", "app_event", "bot_ua", "company_account", "contact"),
    *("employee_account", "form_submit", "internal_list", "lead", "owner", "pageview"),
)
EVENT = "export_report"


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Instant of a wall clock in Shanghai."""
    return datetime.combine(day, time(hour, minute), UTC) - timedelta(hours=8)


def pageview(day: date, name: str, **more: Any) -> dict[str, Any]:
    """One page view at noon of a business date, received at once."""
    seen = at(day, 12)
    return {
        "event_id": name,
        "anonymous_id": f"v-{name[-1]}",
        "event_time": seen,
        "received_at": seen,
        "url": "https://www.example.com/pricing",
        "url_path": "/pricing",
        "site_id": "www",
        "utm_source": "baidu_sem",
        "ua": "Mozilla/5.0",
        **more,
    }


def app_event(day: date, name: str, **more: Any) -> dict[str, Any]:
    """One product event of an employee at two in the afternoon of a business date."""
    seen = at(day, 14)
    return {
        "event_id": name,
        "type": "track",
        "event": EVENT,
        "distinct_id": "u1",
        "login_id": "u1",
        "event_time": seen,
        "received_at": seen,
        "company_id": "c1",
        "employee_id": "u1",
        "ua": "Mozilla/5.0",
        **more,
    }


def ad_spend(day: date, cost: int) -> dict[str, Any]:
    """Spend of one campaign on a day."""
    return {
        "platform": "baidu",
        "account_id": "b1",
        "campaign_id": "brand",
        "adgroup_id": "(none)",
        "keyword_id": "(none)",
        "match_type": "(none)",
        "device": "(none)",
        "date": day,
        "impressions": 100,
        "clicks": 10,
        "cost": cost,
        "currency": "CNY",
        "ad_type": "sem",
    }


def put_lists(settings: Settings, as_of: date = DAY) -> None:
    """Commit the entities that come as whole lists."""
    long_ago = at(as_of - timedelta(days=30), 9)
    put(settings, "bot_ua", [{"pattern": "spider", "name": "any"}], as_of, "snapshot")
    put(
        settings,
        "internal_list",
        [{"kind": "ip", "value": "h-own"}],
        as_of,
        "snapshot",
    )
    put(
        settings,
        "owner",
        [
            {"owner_id": "o1", "valid_from": date(2026, 1, 1), "role": "sales", "team": "north"},
        ],
        as_of,
        "snapshot",
    )
    put(
        settings,
        "account",
        [
            {
                "account_id": "a1",
                "name": "Nordwind",
                "created_at": long_ago,
                "updated_at": long_ago,
            },
        ],
        as_of,
        "snapshot",
    )
    put(
        settings,
        "contact",
        [
            {"contact_id": "p1", "account_id": "a1", "phone_hash": "h-1", "updated_at": long_ago},
        ],
        as_of,
        "snapshot",
    )
    put(
        settings,
        "company_account",
        [
            {
                "company_id": "c1",
                "name": "Nordwind",
                "account_id": "a1",
                "created_at": long_ago,
                "opened_at": long_ago,
                "updated_at": long_ago,
            },
        ],
        as_of,
        "snapshot",
    )
    put(
        settings,
        "employee_account",
        [
            {
                "company_id": "c1",
                "employee_id": "u1",
                "login_id": "u1",
                "opened_at": long_ago,
                "updated_at": long_ago,
            },
        ],
        as_of,
        "snapshot",
    )


def put_day(settings: Settings, day: date, but: tuple[str, ...] = ()) -> dict[str, str]:
    """Commit the batches of one day; returns their ids by entity. `but` are left out."""
    tag = day.isoformat()
    rows: dict[str, list[dict[str, Any]]] = {
        "pageview": [pageview(day, f"{tag}-{who}") for who in "ab"],
        "app_event": [app_event(day, f"{tag}-e{number}") for number in range(3)],
        "ad_spend_daily": [ad_spend(day, 10 + day.day)],
        "form_submit": [
            {
                "event_id": f"{tag}-f",
                "anonymous_id": "v-a",
                "event_time": at(day, 12, 5),
                "received_at": at(day, 12, 5),
                "form_id": "demo",
                "type": "demo",
                "phone_hash": "h-1",
                "site_id": "www",
                "url_path": "/pricing",
            }
        ],
        "lead": [
            {
                "lead_id": f"{tag}-l",
                "created_at": at(day, 13),
                "updated_at": at(day, 13),
                "phone_hash": "h-1",
                "status": "new",
                "owner_id": "o1",
            }
        ],
    }
    return {
        entity: put(settings, entity, batch, day)
        for entity, batch in rows.items()
        if entity not in but
    }
