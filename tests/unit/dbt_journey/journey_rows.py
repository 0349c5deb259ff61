"""Input rows of people and companies whose whole journey a test writes down.

Every id holds the number of its person or company, so that a naive reader knows who is who: the
cookies `c3` and `c3b`, the login `u3`, the phone `p3`, the contact `k3` and the lead `l3` are
person 3; the tenant `t2` and the accounts `a2` and `a2m`, merged into it, are company 2.
"""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

Row = dict[str, Any]
SHANGHAI = timedelta(hours=8)
FIRST = date(2020, 2, 20)  # before a leap day; 2020 ends in ISO week 53
AS_OF = date(2021, 1, 9)
LATER = datetime(2021, 6, 1, tzinfo=UTC)  # after every as_of of these tests
LONG_AGO = datetime(2019, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """Read an instant of Shanghai: `2020-12-31 23:59:59`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) - SHANGHAI


def on(day: date, moment: str) -> datetime:
    """Instant of a wall clock of Shanghai."""
    return datetime.combine(day, time.fromisoformat(moment), UTC) - SHANGHAI


def business_day(instant: datetime) -> date:
    """Day of an instant in Shanghai."""
    return (instant + SHANGHAI).date()


class Story:
    """Collects rows by entity."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)

    def add(self, entity: str, **row: Any) -> str:
        """Add a row; returns a key that no other row of the entity has."""
        self.rows[entity].append(row)
        return f"{entity}-{len(self.rows[entity])}"

    def company(self, number: int, opened: datetime | None, merged: bool = False) -> None:
        """A CRM account, with its tenant where `opened`, and what was merged into both."""
        for suffix in ("", "m") if merged else ("",):
            kept = {"merged_into_id": f"a{number}"} if suffix else {}
            self.add("account", account_id=f"a{number}{suffix}", name=f"N{number}", **kept)
        if opened:
            self.add("company_account", company_id=f"t{number}", name=f"N{number}",
                     account_id=f"a{number}", created_at=opened, opened_at=opened)  # fmt: skip
        if opened and merged:
            self.add("company_account", company_id=f"t{number}m", name=f"N{number}",
                     created_at=LONG_AGO, opened_at=LONG_AGO,
                     merged_into_id=f"t{number}")  # fmt: skip

    def person(self, number: int) -> None:
        """Evidence that the ids of a person are one, dated after every as_of."""
        for cookie in (f"c{number}", f"c{number}b"):
            self.use(number, "heartbeat", LATER, None, cookie)
            self.form(number, LATER + timedelta(days=1), cookie)

    def job(self, number: int, company: int, opened: datetime,
            closed: datetime | None = None) -> None:  # fmt: skip
        """An account of the person in the product of a company."""
        self.add("employee_account", company_id=f"t{company}", employee_id=f"e{number}",
                 login_id=f"u{number}", opened_at=opened, closed_at=closed)  # fmt: skip

    def contact(self, number: int, company: int | None, created: datetime) -> None:
        """The CRM's record of the person."""
        account = None if company is None else f"a{company}"
        self.add("contact", contact_id=f"k{number}", account_id=account, phone_hash=f"p{number}",
                 created_at=created)  # fmt: skip

    def use(self, number: int, event: str, when: datetime, company: int | None,
            cookie: str | None = None, suffix: str = "") -> None:  # fmt: skip
        """A product event, as an employee where a company is given."""
        tenant = None if company is None else f"t{company}{suffix}"
        employee = None if company is None else f"e{number}"
        self.add("app_event", event_id=f"x{len(self.rows['app_event'])}", type="track",
                 event=event, distinct_id=f"u{number}", login_id=f"u{number}",
                 anonymous_id=cookie, event_time=when, received_at=when, company_id=tenant,
                 employee_id=employee)  # fmt: skip

    def visit(self, cookie: str, when: datetime) -> None:
        """A visit of one page; one too near to another of the cookie is left out."""
        if any(abs(row["event_time"] - when) < timedelta(minutes=45)
               for row in self.rows["pageview"] if row["anonymous_id"] == cookie):  # fmt: skip
            return
        self.add("pageview", event_id=f"v{len(self.rows['pageview'])}", anonymous_id=cookie,
                 event_time=when, received_at=when, url="https://example.com/", url_path="/",
                 site_id="www")  # fmt: skip

    def form(self, number: int, when: datetime, cookie: str, type_: str = "demo") -> None:
        """A form with the person's phone."""
        self.add("form_submit", event_id=f"f{len(self.rows['form_submit'])}", anonymous_id=cookie,
                 event_time=when, received_at=when, form_id="form", type=type_,
                 phone_hash=f"p{number}", site_id="www", url_path="/")  # fmt: skip

    def call_in(self, number: int, when: datetime) -> None:
        """A call that nobody answered, to the 400 line."""
        self.add("cdr", call_id=f"i{len(self.rows['cdr'])}", direction="in", line="400",
                 caller_hash=f"p{number}", start_at=when, outcome="missed")  # fmt: skip

    def lead(self, number: int, created: datetime, valid: datetime | None = None) -> None:
        """A lead; the call at `valid` tells four of its elements."""
        self.add("lead", lead_id=f"l{number}", created_at=created, phone_hash=f"p{number}",
                 status="working")  # fmt: skip
        if valid:
            call = f"o{number}"
            self.add("cdr", call_id=call, direction="out", line="out", callee_hash=f"p{number}",
                     start_at=valid, answer_at=valid, end_at=valid + timedelta(seconds=60),
                     talk_seconds=60, outcome="answered", lead_id=f"l{number}")  # fmt: skip
            said = {f"{name}_filled": True for name in
                    ("e1_company", "e2_contact", "e3_need", "e4_current_system")}  # fmt: skip
            self.add("call_disposition", call_id=call, lead_id=f"l{number}", reached_person=True,
                     **said)  # fmt: skip

    def deal(self, company: int, accepted: datetime | None, person: int | None = None,
             suffix: str = "") -> str:  # fmt: skip
        """An opportunity; returns its id."""
        name = f"d{len(self.rows['opportunity'])}"
        contact = None if person is None else f"k{person}"
        created = accepted or on(FIRST, "09:00:00")
        self.add("opportunity", opportunity_id=name, account_id=f"a{company}{suffix}", type="new",
                 business_line="erp", created_at=created, accepted_at=accepted,
                 stage="discovery", primary_contact_id=contact)  # fmt: skip
        return name

    def contract(self, company: int, start: date, days: int, line: str | None = "erp",
                 deal: str | None = None, suffix: str = "", **more: Any) -> None:  # fmt: skip
        """A paid contract of `days`, with one recurring item where it has a line."""
        name = f"n{len(self.rows['contract'])}"
        end = start + timedelta(days=days - 1)
        item = {key: more.pop(key) for key in ("canceled_at", "service_end", "unit_price")
                if key in more}  # fmt: skip
        given = {"kind": "new", "amount": Decimal(100), "signed_date": start, **more}
        self.add("contract", contract_id=name, account_id=f"a{company}{suffix}", start_date=start,
                 end_date=end, currency="CNY", opportunity_id=deal, **given)  # fmt: skip
        if line is not None:
            self.add("subscription_item", item_id=f"i-{name}", contract_id=name,
                     business_line=line, seats=1, currency="CNY", recurring=True, period="month",
                     start=start, end=end, **{"unit_price": Decimal(10), **item})  # fmt: skip
