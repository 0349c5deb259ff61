"""Leads: from a form, an import or an incoming call to a status in the CRM."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from throughline.demo import company as companies
from throughline.demo import staff
from throughline.demo.channels import Channel
from throughline.demo.company import Company, Person
from throughline.demo.ledger import Ledger
from throughline.demo.times import DAY
from throughline.demo.visits import Visitor

LOST, LOST_OF_PAID, VALID, INVALID = 0.08, 0.6, 0.18, 0.25
"""Shares of leads by fate; of the lost ones, what every paid lead of a channel adds."""
REASONS = ("competitor", "student", "supplier", "unreachable", "no_need", "other", "test")


@dataclass
class Lead:
    """A lead under way; `row` is the CRM row as of the last change."""

    lead_id: str
    second: int
    channel: Channel
    company: Company
    person: Person
    fate: str
    row: dict[str, Any]
    history: list[int] = field(default_factory=list)
    visitor: Visitor | None = None


def fate_of(rng: Random, channel: Channel) -> str:
    """What becomes of a lead: paid, lost, valid, invalid or open."""
    chance = rng.random()
    bounds = (
        ("paid", channel.paid_rate),
        ("lost", LOST + channel.paid_rate * LOST_OF_PAID),
        ("valid", VALID),
        ("invalid", INVALID),
    )
    for fate, share in bounds:
        if chance < share:
            return fate
        chance -= share
    return "open"


def create(
    rng: Random,
    ledger: Ledger,
    lead: Lead,
    source: str,
    source_event_id: str | None,
) -> None:
    """Write the lead's first version, typed as sales and visitors type."""
    phone, way = companies.typed_phone(rng, lead.person.phone)
    if way:
        ledger.mark(f"phone_format_{way}", lead.lead_id, lead.second)
    utm = lead.visitor.utm if lead.visitor else None
    if lead.visitor is None and lead.channel.name == "event":
        utm = ("event", "offline", lead.channel.campaigns[0], None)
    lead.row.update(
        lead_id=lead.lead_id, source_system=source, channel_raw=lead.channel.typed,
        utm_source=utm and utm[0], utm_medium=utm and utm[1], utm_campaign=utm and utm[2],
        utm_term=utm and utm[3], utm_content=None, name=lead.person.name, phone=phone,
        email=lead.person.email, company_name=companies.typed_name(rng, lead.company.name),
        title=lead.person.title, industry=lead.company.industry[0],
        headcount_raw=f"{lead.company.headcount}人", city=lead.company.city,
        owner_id=staff.SDR[int(rng.random() * len(staff.SDR))], status="new",
        invalid_reason=None, merged_into_id=None, converted_opportunity_id=None,
        source_event_id=source_event_id, is_deleted=False, is_test=lead.fate == "test",
    )  # fmt: skip
    observed = lead.visitor.observed if lead.visitor else lead.channel.name
    ledger.fact("lead", lead.second, lead_id=lead.lead_id, channel=lead.channel.name,
                observed=observed, person=lead.person.person)  # fmt: skip
    move(ledger, lead, lead.second, "new")


def move(ledger: Ledger, lead: Lead, second: int, status: str, **changes: Any) -> None:
    """Change the lead's status, and keep history and row in step."""
    lead.row.update(status=status, **changes)
    ledger.save("leads", second, lead.row)
    if not lead.history or second > lead.history[-1]:
        lead.history.append(second)
        row = {"lead_id": lead.lead_id, "changed_at": second, "status": status,
               "changed_by": lead.row["owner_id"], "is_deleted": False,
               "is_test": lead.row["is_test"]}  # fmt: skip
        ledger.save("lead_status_history", second, row)


def settle(rng: Random, ledger: Ledger, lead: Lead, called: int | None) -> int | None:
    """Work the lead after its call-backs; return the second it was found valid, if it was."""
    if called is None or lead.fate == "open":
        if rng.random() < 0.2:
            late = lead.second + 30 * DAY
            move(ledger, lead, late, "invalid", invalid_reason="unreachable")
        return None
    move(ledger, lead, called + 60, "working")
    decided = called + 600 + int(rng.random() * 3 * DAY)
    if lead.fate == "invalid":
        reason = REASONS[int(rng.random() * len(REASONS))]
        move(ledger, lead, decided, "invalid", invalid_reason=reason)
        return None
    move(ledger, lead, decided, "valid")
    return decided


def oddities(rng: Random, lead: Lead, forced: str | None) -> None:
    """Make a few leads test rows or soft-deleted; `forced` says so of a lead of a planned day."""
    chance = rng.random()
    if forced:
        lead.fate = forced
        return
    if chance < 0.004:
        lead.fate = "test"
    elif chance < 0.007:
        lead.fate = "deleted"


def end_early(ledger: Ledger, lead: Lead) -> None:
    """Finish a lead that `oddities` chose; a broken one is converted without an opportunity."""
    if lead.fate == "broken":
        reason = "rejected:lead:converted_without_opportunity"
        ledger.mark(reason, lead.lead_id, lead.second + 3600)
        move(ledger, lead, lead.second + 3600, "converted")
    elif lead.fate == "deleted":
        gone = lead.second + 5 * DAY
        ledger.save("leads", gone, {**lead.row, "is_deleted": True})
        ledger.mark("lead_deleted", lead.lead_id, gone)
    else:
        ledger.mark("lead_test", lead.lead_id, lead.second)


def duplicate(rng: Random, ledger: Ledger, lead: Lead, duplicate_id: str, event_id: str) -> None:
    """The same person asks again; the CRM merges the second record a few days later."""
    second = lead.second + int((1 + 20 * rng.random()) * DAY)
    phone, _ = companies.typed_phone(rng, lead.person.phone)
    row = {**lead.row, "lead_id": duplicate_id, "phone": phone, "created_at": second,
           "status": "new", "source_event_id": event_id, "converted_opportunity_id": None,
           "invalid_reason": None, "is_deleted": False}  # fmt: skip
    again = Lead(duplicate_id, second, lead.channel, lead.company, lead.person, "open", row)
    ledger.fact("lead", second, lead_id=duplicate_id, channel=lead.channel.name,
                observed=lead.channel.name, person=lead.person.person)  # fmt: skip
    move(ledger, again, second, "new")
    merged = second + 2 * DAY
    move(ledger, again, merged, "recycled", merged_into_id=lead.lead_id)
    ledger.mark("lead_merged", duplicate_id, merged)
