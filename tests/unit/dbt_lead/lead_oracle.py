"""What the lead tables must say, worked out lead by lead from the input rows.

Written from the catalogue (spec L, E01-E08, E16, A19, D14-D18), without any of the project's SQL.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from lead_world import AS_OF, ELEMENTS, SHANGHAI, Rows

PLACEHOLDERS = {None, "", "-", "无", "不清楚"}
FREE_MAIL = {"qq.com"}
DAY = timedelta(days=1)


def day_of(moment: datetime) -> date:
    """Business date of an instant."""
    return moment.astimezone(SHANGHAI).date()


def ratio(part: Any, whole: Any) -> float | None:
    """A part of a whole, None where the whole is nothing."""
    return part / whole if whole else None


class Oracle:
    """Leads, their calls and outcomes, by plain loops."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.written = {row["call_id"]: row for row in rows["call_disposition"]}
        self.kept_of = self._deduplicate()
        self.calls = self._calls()
        self.leads = {
            row["lead_id"]: self.judge(row)
            for row in self._unique("lead", "lead_id")
            if self.kept_of.get(row["lead_id"]) == row["lead_id"]
        }

    def _unique(self, entity: str, key: str) -> list[dict[str, Any]]:
        return list({row[key]: row for row in self.rows[entity]}.values())

    def _deduplicate(self) -> dict[str, str]:
        kept: dict[str, dict[str, Any]] = {}
        out = {}
        leads = [r for r in self._unique("lead", "lead_id") if day_of(r["created_at"]) <= AS_OF]
        for lead in sorted(leads, key=lambda row: (row["created_at"], row["lead_id"])):
            first = kept.setdefault(lead["phone_hash"], lead)
            if lead["created_at"] > first["created_at"] + 90 * DAY:
                first = kept[lead["phone_hash"]] = lead
            out[lead["lead_id"]] = first["lead_id"]
        return out

    def _calls(self) -> list[dict[str, Any]]:
        out = []
        for row in self._unique("cdr", "call_id"):
            if day_of(row["start_at"]) > AS_OF:
                continue
            is_answered = row["outcome"] == "answered"
            said = self.written.get(row["call_id"], {}) if is_answered else {}
            out.append({
                **row,
                "lead": self.kept_of.get(row["lead_id"]),
                "day": day_of(row["start_at"]),
                "is_answered": is_answered,
                "is_effective": is_answered
                and row["talk_seconds"] >= 30
                and said.get("reached_person") in (None, True),
                "said": said,
                "filled": {n for n, e in enumerate(ELEMENTS, 1) if said.get(f"{e}_filled")},
            })  # fmt: skip
        return sorted(out, key=lambda call: (call["start_at"], call["call_id"]))

    def company_of(self, lead: dict[str, Any]) -> str | None:
        """Account of the contact that has the lead's phone."""
        for contact in self.rows["contact"]:
            if contact["phone_hash"] == lead["phone_hash"]:
                return contact["account_id"]
        return None

    def elements(self, lead_id: str) -> dict[int, datetime]:
        """Instant at which each element of a lead was first known."""
        found: dict[int, datetime] = {}
        for lead in self._unique("lead", "lead_id"):
            if self.kept_of.get(lead["lead_id"]) != lead_id:
                continue
            profile = {lead.get(n) for n in ("company_name", "industry", "headcount_raw")}
            if not profile & PLACEHOLDERS:
                found[1] = min(found.get(1, lead["created_at"]), lead["created_at"])
            if lead.get("name_hash") and lead.get("title") not in PLACEHOLDERS:
                found[2] = min(found.get(2, lead["created_at"]), lead["created_at"])
        for call in self.calls:
            if call["lead"] == lead_id:
                for number in call["filled"]:
                    found[number] = min(found.get(number, call["start_at"]), call["start_at"])
        return found

    def judge(self, lead: dict[str, Any]) -> dict[str, Any]:
        """Everything lead.leads says about a lead."""
        own_calls = [call for call in self.calls if call["lead"] == lead["lead_id"]]
        elements = self.elements(lead["lead_id"])
        valid_at = self._valid_at(lead, own_calls, elements)
        rejected = lead.get("invalid_reason") in ("test", "competitor", "student", "supplier")
        attempts = [
            call["start_at"]
            for call in own_calls
            if call["direction"] == "out" and call["start_at"] >= lead["created_at"]
        ]
        graded = [call["said"]["intent"] for call in own_calls if call["said"].get("intent")]
        accepted = [a for a in self.accepted(lead["lead_id"]) if a >= lead["created_at"]]
        return {
            **lead,
            "day": day_of(lead["created_at"]),
            "company": self.company_of(lead),
            "elements": set(elements),
            "valid_at": valid_at,
            "is_valid": valid_at is not None and lead["status"] != "invalid" and not rejected,
            "response": min(
                ((moment - lead["created_at"]).total_seconds() / 60 for moment in attempts),
                default=None,
            ),
            "intent": graded[-1] if graded else None,
            "opp_at": min(accepted, default=None),
            "paid_date": self.paid_date(lead),
        }

    def _valid_at(
        self, lead: dict[str, Any], calls: list[dict[str, Any]], elements: dict[int, datetime]
    ) -> datetime | None:
        """Try every instant at which something happened, in order."""
        history = sorted(
            (row["changed_at"], row["status"])
            for row in self.rows["lead_status_history"]
            if row["lead_id"] == lead["lead_id"] and day_of(row["changed_at"]) <= AS_OF
        )
        turned = [moment for moment, status in history if status == "invalid"]
        bad = lead.get("invalid_reason") in ("test", "competitor", "student", "supplier")
        rejected_at = max(turned, default=lead["created_at"]) if bad else None
        contacts = [call["start_at"] for call in calls if call["is_effective"]]
        contacts += self.signed_up(lead)
        moments = {lead["created_at"], *contacts, *elements.values(), *(m for m, _ in history)}
        for moment in sorted(m for m in moments if m >= lead["created_at"]):
            before = [status for changed, status in history if changed <= moment]
            status = before[-1] if before else ("new" if history else lead["status"])
            known = {number for number, since in elements.items() if since <= moment}
            if (
                any(contact <= moment for contact in contacts)
                and self.company_of(lead)
                and 3 in known
                and len(known) >= 4
                and status != "invalid"
                and (rejected_at is None or moment < rejected_at)
            ):
                return moment
        return None

    def signed_up(self, lead: dict[str, Any]) -> list[datetime]:
        """Registrations of the lead's person with a corporate e-mail address."""
        return [
            form["event_time"]
            for form in self.rows["form_submit"]
            if form["phone_hash"] == lead["phone_hash"]
            and form["type"] == "register"
            and form["email_domain"] not in FREE_MAIL
        ]

    def accepted(self, lead_id: str) -> list[datetime]:
        """Acceptances of the opportunities of a lead or its duplicates."""
        named = {
            row.get("converted_opportunity_id")
            for row in self.rows["lead"]
            if self.kept_of.get(row["lead_id"]) == lead_id
        }
        return [
            row["accepted_at"]
            for row in self.rows["opportunity"]
            if row["accepted_at"]
            and day_of(row["accepted_at"]) <= AS_OF
            and (self.kept_of.get(row["lead_id"]) == lead_id or row["opportunity_id"] in named)
        ]

    def paid_date(self, lead: dict[str, Any]) -> date | None:
        """Start of the company's first contract, when it is not before the lead."""
        signed = [
            (row["signed_date"], row["contract_id"], row["start_date"])
            for row in self.rows["contract"]
            if row["account_id"] == self.company_of(lead) and row["signed_date"] <= AS_OF
        ]
        start = min(signed)[2] if signed else None
        return start if start and start >= day_of(lead["created_at"]) else None

    # cohorts and calls -------------------------------------------------------------------------

    def cohorts(self) -> dict[tuple, dict[str, Any]]:
        """Every rate of lead_cohort_daily by (date, channel, industry, owner)."""
        groups: dict[tuple, list[dict[str, Any]]] = defaultdict(list)
        for lead in self.leads.values():
            key = (lead["day"], lead["channel"], lead.get("industry") or "unknown",
                   lead.get("owner_id") or "(none)")  # fmt: skip
            groups[key].append(lead)
        totals: dict[date, int] = defaultdict(int)
        for lead in self.leads.values():
            totals[lead["day"]] += 1
        return {key: self._cohort(key[0], leads, totals[key[0]]) for key, leads in groups.items()}

    def _cohort(self, day: date, leads: list[dict[str, Any]], total: int) -> dict[str, Any]:
        age = (AS_OF - day).days

        def within(moment: datetime | None, since: datetime, days: int) -> bool:
            return moment is not None and moment <= since + days * DAY

        timely = [x for x in leads if within(x["valid_at"], x["created_at"], 14)]
        to_opp = sum(within(x["opp_at"], x["created_at"], 60) for x in leads)
        valid_opp = sum(within(x["opp_at"], x["valid_at"], 60) for x in timely)
        paid = sum(bool(x["paid_date"]) and (x["paid_date"] - day).days <= 180 for x in leads)
        called = [x["response"] for x in leads if x["response"] is not None]
        return {
            "leads": len(leads),
            "lead_share": len(leads) / total,
            "valid_leads": sum(x["is_valid"] for x in leads),
            "valid_rate": len(timely) / len(leads) if age >= 14 else None,
            "lead_to_opp_rate": to_opp / len(leads) if age >= 60 else None,
            "valid_to_opp_rate": ratio(valid_opp, len(timely)) if age >= 74 else None,
            "lead_to_paid_rate": paid / len(leads) if age >= 180 else None,
            "first_response_minutes_p50": median(called) if called else None,
            "first_response_30min_share": sum(m <= 30 for m in called) / len(leads),
            "is_mature_valid": age >= 14,
            "is_mature_opp": age >= 60,
            "is_mature_paid": age >= 180,
        }

    def call_days(self) -> dict[tuple, dict[str, Any]]:
        """Every column of call_daily by (date, agent, direction, campaign)."""
        groups: dict[tuple, list[dict[str, Any]]] = defaultdict(list)
        for call in self.calls:
            key = (call["day"], call["agent_id"] or "(none)", call["direction"],
                   call["campaign"] or "(none)")  # fmt: skip
            groups[key].append(call)
        return {key: self._call_day(key[0], calls) for key, calls in groups.items()}

    def _call_day(self, day: date, calls: list[dict[str, Any]]) -> dict[str, Any]:
        leads = {call["lead"] for call in calls if call["lead"]}
        answered = [call for call in calls if call["is_answered"]]
        effective = [call for call in calls if call["is_effective"]]
        connected = {call["lead"] for call in effective if call["lead"]}
        known = [
            sum(day_of(since) <= day for since in self.elements(lead).values()) for lead in leads
        ]
        keys = [call["said"]["csat_key"] for call in answered if call["said"].get("csat_key")]
        grades = [call["said"].get("intent") for call in answered]
        return {
            "attempts": len(calls),
            "called_leads": len(leads),
            "answered": len(answered),
            "effective_connects": len(effective),
            "effective_connected_leads": len(connected),
            "connect_rate": len(answered) / len(calls),
            "reject_rate": sum(c["outcome"] == "rejected" for c in calls) / len(calls),
            "refusal_rate": ratio(sum(map(is_refused, answered)), len(answered)),
            "talk_seconds": sum(call["talk_seconds"] or 0 for call in calls),
            **{f"intent_{g.lower()}": grades.count(g) for g in "ABCD"},
            "elements_rate": ratio(sum(known), 7 * len(leads)),
            "elements_complete_share": ratio(known.count(7), len(leads)),
            "to_opp_rate": ratio(sum(self.follows(x, effective) for x in connected), len(connected))
            if (AS_OF - day).days >= 30
            else None,
            "csat": ratio(sum(key >= 4 for key in keys), len(keys)),
        }

    def follows(self, lead: str, effective: list[dict[str, Any]]) -> bool:
        """Tell whether an opportunity was accepted within 30 days of the lead's first connect."""
        first = min(call["start_at"] for call in effective if call["lead"] == lead)
        return any(first <= moment <= first + 30 * DAY for moment in self.accepted(lead))


def is_refused(call: dict[str, Any]) -> bool:
    """Tell whether the customer ended an answered call within 30 seconds, or was graded D."""
    customer = "callee" if call["direction"] == "out" else "caller"
    ended = call.get("hangup_by") == customer and call["talk_seconds"] < 30
    return ended or call["said"].get("intent") == "D"
