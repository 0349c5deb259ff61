"""Input rows of the success tests: tenants, employees and their events over a leap year's end."""

import csv
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

AS_OF = date(2021, 1, 9)  # a Saturday: the week and the month are still running
FIRST = date(2020, 2, 20)  # before a leap day; 2020 ends in ISO week 53
CATALOGUE = Path(__file__).parents[3] / "dbt_project" / "seeds" / "event_catalogue.csv"
EVENTS = (
    "create_quote",
    "import_products",
    "approve_order",
    "export_report",
    "view_dashboard",
    "$AppStart",
    "$AppEnd",
    "Login",
    "heartbeat",
    "unheard_of",
)
Row = dict[str, Any]
SHANGHAI = timedelta(hours=8)


def at(text: str) -> datetime:
    """Read an instant of Shanghai: `2020-12-31 23:59:59`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - SHANGHAI


def business_day(instant: datetime) -> date:
    """Return the day of an instant in Shanghai."""
    return (instant + SHANGHAI).date()


@dataclass(frozen=True)
class Use:
    """One event as the oracle reads it: who did what on which business day."""

    day: date
    person: str
    company: str | None
    employee: str | None
    line: str
    feature: str | None
    active: bool
    core: bool
    login: bool
    launch: bool
    seconds: float


class Product:
    """Collects the rows of the product."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)

    def tenant(self, tenant: str, created: str) -> None:
        """Add a tenant with its CRM account."""
        self.rows["account"].append({"account_id": f"acc-{tenant}", "name": tenant})
        self.rows["company_account"].append(
            {
                "company_id": tenant,
                "name": tenant,
                "account_id": f"acc-{tenant}",
                "created_at": at(created),
            }
        )

    def employee(
        self,
        tenant: str,
        employee: str,
        login: str,
        opened: datetime,
        closed: datetime | None = None,
    ) -> None:
        """Open an account of an employee."""
        self.rows["employee_account"].append(
            {
                "company_id": tenant,
                "employee_id": employee,
                "login_id": login,
                "opened_at": opened,
                "closed_at": closed,
            }
        )

    def event(
        self,
        event: str,
        when: datetime,
        login: str | None,
        tenant: str | None,
        employee: str | None,
        anonymous: str | None = None,
        **more: Any,
    ) -> None:
        """Track an event, received at once."""
        self.rows["app_event"].append(
            {
                "event_id": f"e{len(self.rows['app_event'])}",
                "type": "track",
                "event": event,
                "distinct_id": login or anonymous,
                "login_id": login,
                "anonymous_id": anonymous,
                "event_time": when,
                "received_at": when,
                "company_id": tenant,
                "employee_id": employee,
                **more,
            }
        )

    def visit(self, anonymous: str, when: datetime, **utm: str) -> None:
        """Add a page view of a cookie."""
        self.rows["pageview"].append(
            {
                "event_id": f"v{len(self.rows['pageview'])}",
                "anonymous_id": anonymous,
                "event_time": when,
                "received_at": when,
                "url": "https://example.com/",
                "url_path": "/",
                "site_id": "www",
                **utm,
            }
        )


def scripted_use(product: Product) -> None:
    """Write one tenant per hard case."""
    for tenant in ("night", "seats", "two", "quiet"):
        product.tenant(tenant, "2020-03-01 09:00:00")
    # a second before midnight, midnight and a second after it in Shanghai
    product.employee("night", "n1", "login-n1", at("2020-03-01 00:00:00"))
    for moment in ("2020-06-10 23:59:59", "2020-06-11 00:00:00", "2020-06-11 00:00:01"):
        product.event("create_quote", at(moment), "login-n1", "night", "n1")
    # accounts closed on the day they opened, at midnight, and a second after midnight
    product.employee(
        "seats", "s1", "login-s1", at("2020-05-04 09:00:00"), at("2020-05-04 18:00:00")
    )
    product.employee(
        "seats", "s2", "login-s2", at("2020-05-01 09:00:00"), at("2020-05-05 00:00:00")
    )
    product.employee(
        "seats", "s3", "login-s3", at("2020-05-01 09:00:00"), at("2020-05-05 00:00:01")
    )
    product.employee("seats", "s4", "login-s4", at("2020-05-01 09:00:00"))
    for employee in ("s1", "s2", "s3", "s4"):
        for day in ("2020-05-04", "2020-05-05"):
            login = f"login-{employee}"
            product.event("approve_order", at(f"{day} 12:00:00"), login, "seats", employee)
    # one person in two companies, and a cookie that logs in later
    product.employee("two", "t1", "login-t", at("2020-03-01 09:00:00"))
    product.employee("quiet", "q1", "login-t", at("2020-03-01 09:00:00"))
    product.event("create_quote", at("2020-07-01 10:00:00"), "login-t", "two", "t1", "cookie-t")
    product.event("create_quote", at("2020-07-01 11:00:00"), "login-t", "quiet", "q1")
    product.event("$AppStart", at("2020-06-30 09:00:00"), None, None, None, "cookie-t")
    product.event("view_dashboard", at("2020-06-30 09:01:00"), None, None, None, "cookie-t")
    product.event("view_dashboard", at("2020-08-01 09:01:00"), None, None, None, "cookie-nobody")
    product.event("view_dashboard", at("2020-08-02 09:01:00"), "login-x", None, None, is_test=True)


def retention_example(product: Product) -> None:
    """Write the published example: 200 new users, of whom 100, 50 and 20 return on a later day."""
    product.tenant("cohort", "2020-04-01 09:00:00")
    first = at("2020-04-01 12:00:00")
    for number in range(200):
        who = (f"login-c{number}", "cohort", f"c{number}")
        product.event("create_quote", first, *who)
        for days, kept in ((1, 100), (7, 50), (30, 20)):
            if number < kept:
                product.event("create_quote", first + timedelta(days=days), *who)


def random_use(product: Product, rng: random.Random) -> None:
    """Write 12 tenants of up to 8 employees with streaks and pauses of use."""
    for number in range(12):
        tenant = f"r{number}"
        product.tenant(tenant, f"2020-03-{number + 1:02d} 0{number % 9}:00:00")
        for who in range(rng.randint(1, 8)):
            opened = at("2020-02-20 00:00:00") + timedelta(hours=rng.randrange(24 * 200))
            closed = opened + timedelta(hours=rng.choice([1, 24, 24 * 40, 24 * 200]))
            login, employee = f"login-{tenant}-{who}", f"{who}"
            closed = rng.choice([None, closed])
            product.employee(tenant, employee, login, opened, closed)
            if rng.random() < 0.5:
                utm = {"utm_source": "baidu", "utm_medium": "cpc"} if rng.random() < 0.5 else {}
                product.visit(f"cookie-{login}", opened - timedelta(days=3), **utm)
            moment = opened
            for _ in range(rng.randrange(60)):
                moment += timedelta(hours=rng.choice([1, 5, 24, 24, 24 * 8, 24 * 30, 24 * 31]))
                if business_day(moment) > AS_OF + timedelta(days=3):
                    break
                event = rng.choice(EVENTS)
                seconds = {"event_duration": rng.randrange(0, 4000) / 10}
                product.event(
                    event,
                    moment,
                    login,
                    tenant,
                    employee,
                    f"cookie-{login}",
                    **(seconds if event == "$AppEnd" else {}),
                )


def seat_rows(product: Product, rng: random.Random) -> None:
    """Write seat reports with gaps, and contracts whose items carry seats."""
    for number in range(12):
        for days in range(0, 320, rng.choice([1, 1, 3])):
            if number % 3:
                product.rows["company_account_daily"].append(
                    {
                        "company_id": f"r{number}",
                        "date": FIRST + timedelta(days=days),
                        "opened_seats": rng.randrange(0, 12),
                        "purchased_seats": rng.choice([None, 0, 5, 10]),
                    }
                )
        start = date(2020, 5, 1) + timedelta(days=number * 7)
        product.rows["contract"].append(
            {
                "contract_id": f"k{number}",
                "account_id": f"acc-r{number}",
                "kind": "new",
                "signed_date": start,
                "start_date": start,
                "end_date": start + timedelta(days=90),
                "amount": Decimal(100),
                "currency": "CNY",
            }
        )
        for item, (recurring, seats) in enumerate([(True, 4), (True, 3), (False, 50)]):
            product.rows["subscription_item"].append(
                {
                    "item_id": f"k{number}-{item}",
                    "contract_id": f"k{number}",
                    "seats": seats,
                    "business_line": "erp",
                    "unit_price": Decimal(10),
                    "currency": "CNY",
                    "recurring": recurring,
                    "period": "month",
                    "start": start,
                    "end": start + timedelta(days=90 - 30 * item),
                }
            )


def read_uses(rows: dict[str, list[Row]]) -> list[Use]:
    """Read the events up to AS_OF with the flags of the event catalogue.

    A cookie seen with a login belongs to that login's person.
    """
    with CATALOGUE.open() as lines:
        catalogue = {row["event"]: row for row in csv.DictReader(lines)}
    owners = {
        row["anonymous_id"]: row["login_id"]
        for row in rows["app_event"]
        if row["login_id"] and row["anonymous_id"]
    }
    uses = []
    for row in rows["app_event"]:
        entry = catalogue.get(row["event"], {})
        day = business_day(row["event_time"])
        if day > AS_OF or row.get("is_test"):
            continue

        def flag(name: str, entry: Row = entry) -> bool:
            return entry.get(name) == "true"

        uses.append(
            Use(
                day=day,
                person=row["login_id"] or owners.get(row["anonymous_id"], row["anonymous_id"]),
                company=f"t:{row['company_id']}" if row["company_id"] else None,
                employee=row["employee_id"],
                line=entry.get("business_line") or "unmapped",
                feature=entry.get("feature_id") or None,
                active=flag("is_active"),
                core=flag("is_core_feature"),
                login=flag("is_login"),
                launch=flag("is_launch"),
                seconds=row.get("event_duration") or 0.0,
            )
        )
    return uses
