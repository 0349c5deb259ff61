"""What input rows say of each person and company, read naively, as of the end of a day."""

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from journey_rows import Row, business_day, on

CATALOGUE = Path(__file__).parents[3] / "dbt_project" / "seeds" / "event_catalogue.csv"
Rows = dict[str, list[Row]]
Subject = tuple[str, str]


@dataclass
class Facts:
    """What is known of a subject: entries (instant, stage, rank, source), activity, service."""

    entries: list[tuple[datetime, int, int, str]] = field(default_factory=list)
    active: list[datetime] = field(default_factory=list)
    core: list[datetime] = field(default_factory=list)
    service: list[tuple[date, date]] = field(default_factory=list)
    signed_up: datetime | None = None


@dataclass(frozen=True)
class Span:
    """A person in a company; the lower rank is the better evidence."""

    company: str
    rank: int
    start: datetime
    end: datetime | None


def number_of(value: str) -> str:
    """Number of the person or company that an id names."""
    return value.strip("abcdefghijklmnopqrstuvwxyz")


class Reader:
    """Reads input rows into the facts of subjects, as of the end of a day."""

    def __init__(self, rows: Rows, as_of: date) -> None:
        self.rows, self.as_of = rows, as_of
        self.end = on(as_of + timedelta(days=1), "00:00:00")
        self.facts: dict[Subject, Facts] = defaultdict(Facts)
        tenants = {number_of(row["company_id"]) for row in rows["company_account"]}
        self.companies = {
            number: f"t:t{number}" if number in tenants else f"a:a{number}"
            for number in {number_of(row["account_id"]) for row in rows["account"]}
        }
        self.spans: dict[str, list[Span]] = defaultdict(list)
        for row in rows["employee_account"]:
            company = self.companies[number_of(row["company_id"])]
            if row["closed_at"] is None or row["closed_at"] > row["opened_at"]:
                span = Span(company, 1, row["opened_at"], row["closed_at"])
                self.spans[number_of(row["login_id"])].append(span)
        for row in rows["contact"]:
            if row["account_id"] is not None:
                company = self.companies[number_of(row["account_id"])]
                span = Span(company, 2, row["created_at"], None)
                self.spans[number_of(row["contact_id"])].append(span)
        for read in (self.touches, self.accounts, self.leads, self.product, self.deals,
                     self.contracts):  # fmt: skip
            read()

    def company_of(self, person: str, when: datetime, known: datetime | None) -> str | None:
        """Company of a person at an instant, else the next one of those known."""
        spans = [span for span in self.spans[person] if known is None or span.start < known]

        def inside(moment: datetime) -> list[Span]:
            return [s for s in spans if s.start <= moment and (s.end is None or moment < s.end)]

        later = sorted(span.start for span in spans if span.start > when)
        found = inside(when) or (inside(later[0]) if later else [])
        best = sorted(found, key=lambda s: (s.rank, -s.start.timestamp(), s.company))
        return best[0].company if best else None

    def enter(self, person: str | None, company: str | None, when: datetime, stage: int,
              rank: int, source: str) -> None:  # fmt: skip
        """Note an entry of a person and of a company."""
        if when >= self.end:
            return
        if person is not None:
            self.facts["person", person].entries.append((when, stage, rank, source))
        if company is not None:
            self.facts["company", company].entries.append((when, stage, rank, source))

    def touches(self) -> None:
        """Visits, forms, calls and first registrations."""
        touched = [(number_of(row["anonymous_id"]), row["event_time"], 1, 1, "web_session")
                   for row in self.rows["pageview"]]  # fmt: skip
        touched += [(number_of(row["anonymous_id"]), row["event_time"], 2, 2, "form")
                    for row in self.rows["form_submit"]]  # fmt: skip
        touched += [(number_of(row["caller_hash"]), row["start_at"], 2, 3, "call_in")
                    for row in self.rows["cdr"] if row["direction"] == "in"]  # fmt: skip
        registered: dict[str, datetime] = {}
        for row in self.rows["form_submit"]:
            if row["type"] == "register":
                person = number_of(row["anonymous_id"])
                when = row["event_time"]
                registered[person] = min(when, registered.get(person, when))
        touched += [(person, when, 2, 1, "registration") for person, when in registered.items()]
        for person, when, stage, rank, source in touched:
            company = self.company_of(person, when, self.end)
            self.enter(person, company, when, stage, rank, source)
        for person, when in registered.items():
            if when < self.end:
                self.facts["person", person].signed_up = when

    def accounts(self) -> None:
        """Accounts opened: registrations, and when a subject signed up."""
        opened: dict[str, datetime] = {}
        for row in self.rows["employee_account"]:
            person = number_of(row["login_id"])
            opened[person] = min(row["opened_at"], opened.get(person, row["opened_at"]))
        for person, when in opened.items():
            self.enter(person, None, when, 2, 1, "registration")
            if when < self.end:
                self.facts["person", person].signed_up = when
        for row in self.rows["company_account"]:
            if not row.get("merged_into_id"):
                company = self.companies[number_of(row["company_id"])]
                self.enter(None, company, row["created_at"], 2, 1, "registration")
                if row["opened_at"] < self.end:
                    self.facts["company", company].signed_up = row["opened_at"]

    def leads(self) -> None:
        """Leads, and when the call told enough of them."""
        calls = {row["lead_id"]: row["start_at"] for row in self.rows["cdr"]
                 if row["direction"] == "out"}  # fmt: skip
        for row in self.rows["lead"]:
            person, created = number_of(row["lead_id"]), row["created_at"]
            company = self.company_of(person, created, None)
            self.enter(person, company, created, 2, 4, "lead")
            called = calls.get(row["lead_id"])
            if called is not None and company is not None and created < self.end:
                self.enter(person, company, max(created, called), 3, 1, "valid_lead")

    def product(self) -> None:
        """Activity, and core features within the days after signing up."""
        with CATALOGUE.open() as lines:
            events = {row["event"]: row for row in csv.DictReader(lines)}
        for row in self.rows["app_event"]:
            if row["event_time"] >= self.end:
                continue
            subjects = [("person", number_of(row["login_id"]))]
            if row["company_id"] is not None:
                subjects.append(("company", self.companies[number_of(row["company_id"])]))
            for subject in subjects:
                entry = events[row["event"]]
                if entry["is_active"] == "true":
                    self.facts[subject].active.append(row["event_time"])
                if entry["is_core_feature"] == "true":
                    self.facts[subject].core.append(row["event_time"])
        for (kind, _), facts in self.facts.items():
            for when in facts.core if facts.signed_up else ():
                days = (business_day(when) - business_day(facts.signed_up)).days
                if 0 <= days <= (7 if kind == "person" else 14):
                    facts.entries.append((when, 4, 1, "core_feature"))

    def deals(self) -> None:
        """Accepted opportunities of their contact and company."""
        self.contacts: dict[str, str | None] = {}
        for row in self.rows["opportunity"]:
            contact = row["primary_contact_id"]
            person = number_of(contact) if contact else None
            self.contacts[row["opportunity_id"]] = person
            if row["accepted_at"] is not None:
                company = self.companies[number_of(row["account_id"])]
                self.enter(person, company, row["accepted_at"], 5, 1, "opportunity")

    def is_paid(self, row: Row) -> bool:
        """Paid as known by the end of as_of."""
        cancelled = row.get("cancelled_at")
        known = cancelled is not None and cancelled < self.end
        undone = known and business_day(cancelled) <= row["signed_date"] + timedelta(days=7)
        return row["kind"] != "amend" and row["amount"] > 0 and not undone

    def contracts(self) -> None:
        """First contracts, renewals, further lines, and the days of service."""
        items: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows["subscription_item"]:
            items[row["contract_id"]].append(row)
        lines: dict[str, dict[str, date]] = defaultdict(dict)
        paid = [row for row in self.rows["contract"] if self.is_paid(row)
                and max(row["start_date"], row["signed_date"]) <= self.as_of]  # fmt: skip
        for row in sorted(paid, key=lambda row: row["start_date"]):
            company = self.companies[number_of(row["account_id"])]
            person = self.contacts.get(row["opportunity_id"])
            start, before = row["start_date"], lines[company]
            when = on(start, "00:00:00")
            self.enter(person, company, when, 6, 1, "paid_contract")
            if row["kind"] == "renewal":
                self.enter(person, company, when, 8, 1, "renewal")
            fresh = [item["business_line"] for item in items[row["contract_id"]]
                     if before.get(item["business_line"], start) == start]  # fmt: skip
            if fresh and min(before.values(), default=start) < start and row["kind"] != "renewal":
                self.enter(person, company, when, 8, 2, "cross_line_contract")
            before.setdefault("", start)
            for line in fresh:
                before[line] = start
        for row in self.rows["contract"]:
            company = self.companies[number_of(row["account_id"])]
            for item in items[row["contract_id"]]:
                if item["unit_price"] > 0:
                    self.facts["company", company].service.append(
                        (item["start"], self.served_until(item))
                    )

    def served_until(self, item: Row) -> date:
        """Last day of service as known by the end of as_of."""
        cancelled = item.get("canceled_at")
        if cancelled is not None and cancelled >= self.end:
            return item["end"]
        stop = item.get("service_end") or (business_day(cancelled) if cancelled else item["end"])
        return min(item["end"], stop)
