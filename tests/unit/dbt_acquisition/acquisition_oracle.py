"""What the acquisition tables must say, worked out row by row from the input rows.

Written from the catalogue (spec A, B05, B07, B08, B13, K09, G3, G4, G7, G9, G12), without any of
the project's SQL.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from acquisition_world import AS_OF, MIN_LEADS, SHANGHAI, UTM, Rows, at

CENT = Decimal("0.01")
UTM_CHANNEL = {utm: channel for channel, utm in UTM.items()} | {("weixin", "content"): "x"}
RAW_CHANNEL = {"渠道": "partner"}
PLATFORM_CHANNEL = {
    "baidu": "sem_baidu", "dsp_x": "dsp", "tencent": "feed_tencent", "weibo": "social_weibo",
}  # fmt: skip
KNOWN_CHANNELS = {*UTM, *RAW_CHANNEL.values(), "seo", "direct", "event", "referral"}


def day_of(moment: datetime) -> date:
    """Business date of an instant."""
    return moment.astimezone(SHANGHAI).date()


def cents(value: Decimal | int | float) -> Decimal:
    """Round half away from zero to the cent."""
    return Decimal(str(value)).quantize(CENT, ROUND_HALF_UP)


def ratio(part: Any, whole: Any) -> float | None:
    """A part of a whole, None where the whole is nothing."""
    return None if not whole or part is None else float(part) / float(whole)


def campaign_of(text: str | None) -> str:
    """Key of a campaign."""
    return (text or "").strip().lower() or "(none)"


class Oracle:
    """Cleaned events, persons, companies and conversions of the rows, by plain loops."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.views = self._views()
        self.person = self._persons()
        self.sessions = self._sessions()
        self.touches = self._touches()
        self.leads = self._leads()
        self.registered = self._registered()

    def of(self, entity: str) -> list[dict[str, Any]]:
        """Rows of an entity that are no test rows."""
        return [row for row in self.rows.get(entity, []) if not row.get("is_test")]

    def to_cny(self, amount: Any, currency: str, day: date) -> Decimal:
        """Convert at the rate of the day; rounds to the cent."""
        rates = {(r["date"], r["currency"]): r["rate"] for r in self.of("fx_rate")}
        rate = Decimal(1) if currency == "CNY" else Decimal(str(rates[day, currency]))
        return cents(Decimal(str(amount)) * rate)

    def _events(self, entity: str) -> Iterator[dict[str, Any]]:
        first: dict[str, dict[str, Any]] = {}
        for row in self.of(entity):
            kept = first.get(row["event_id"])
            if kept is None or row["received_at"] < kept["received_at"]:
                first[row["event_id"]] = row
        for row in first.values():
            ahead = row["event_time"] > row["received_at"] + timedelta(minutes=10)
            moment = row["received_at"] if ahead else row["event_time"]
            yield {**row, "at": moment, "day": day_of(moment)}

    def _views(self) -> list[dict[str, Any]]:
        bots = [row["pattern"].lower() for row in self.of("bot_ua")]
        own = {row["value"] for row in self.of("internal_list") if row["kind"] == "ip"}
        return sorted(
            (
                view
                for view in self._events("pageview")
                if not any(bot in view["ua"].lower() for bot in bots)
                and view["ip_hash"] not in own
                and view["day"] <= AS_OF
            ),
            key=lambda view: (view["at"], view["event_id"]),
        )

    def app_events(self) -> list[dict[str, Any]]:
        """Product events of people."""
        bots = [row["pattern"].lower() for row in self.of("bot_ua")]
        found = (e for e in self._events("app_event") if e["day"] <= AS_OF)
        return sorted(
            (e for e in found if not any(bot in (e.get("ua") or "").lower() for bot in bots)),
            key=lambda event: (event["at"], event["event_id"]),
        )

    def _persons(self) -> dict[tuple[str, str], tuple[str, str]]:
        parent: dict[tuple[str, str], tuple[str, str]] = {}

        def root(node: tuple[str, str]) -> tuple[str, str]:
            while parent.setdefault(node, node) != node:
                node = parent[node]
            return node

        def join(*nodes: tuple[str, Any]) -> None:
            real = [(kind, value) for kind, value in nodes if value]
            for node in real:
                parent[root(node)] = root(real[0])

        for view in self.views:
            join(("cookie", view["anonymous_id"]))
        for form in self.of("form_submit"):
            join(("cookie", form["anonymous_id"]), ("phone", form["phone_hash"]))
        for lead in self.of("lead"):
            join(("lead", lead["lead_id"]), ("phone", lead["phone_hash"]))
        for contact in self.of("contact"):
            join(("contact", contact["contact_id"]), ("phone", contact["phone_hash"]))
        for event in self.of("app_event"):
            join(("login", event.get("login_id")), ("cookie", event.get("anonymous_id")),
                 ("device", event.get("device_id")))  # fmt: skip
        return {node: root(node) for node in list(parent)}

    def _sessions(self) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        latest: dict[str, dict[str, Any]] = {}
        for view in self.views:
            session = latest.get(view["anonymous_id"])
            if session is None or view["at"] - session["pages"][-1]["at"] > timedelta(minutes=30):
                session = {"cookie": view["anonymous_id"], "pages": [], "at": view["at"]}
                latest[view["anonymous_id"]] = session
                out.append(session)
            session["pages"].append(view)
        for session in out:
            first, last = session["pages"][0], session["pages"][-1]
            left = last.get("leave_ts")
            end = left if left and left > last["at"] else last["at"]
            forms = [
                form
                for form in self._events("form_submit")
                if form["anonymous_id"] == session["cookie"]
                and session["at"] <= form["at"] <= last["at"] + timedelta(minutes=30)
            ]
            seconds = (end - session["at"]).total_seconds()
            pages = len(session["pages"])
            session |= {
                "day": day_of(session["at"]),
                "end": end,
                "site": first["site_id"],
                "channel": self.source_of(first),
                "campaign": campaign_of(first["utm_campaign"]),
                "seconds": seconds,
                "is_known": pages > 1 or left is not None,
                "is_bounce": pages == 1,
                "is_engaged": seconds > 10 or pages > 1 or bool(forms),
            }
            for view in session["pages"]:
                view["channel"] = session["channel"]
        return out

    def source_of(self, view: dict[str, Any]) -> str:
        """Channel of a landing: utm values, else the referrer, else direct."""
        if view.get("utm_source"):
            return UTM_CHANNEL[view["utm_source"], view["utm_medium"]]
        return "seo" if view.get("referrer") else "direct"

    def _touches(self) -> dict[tuple[str, str], list[dict[str, Any]]]:
        touches: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for session in self.sessions:
            person = self.person["cookie", session["cookie"]]
            touches[person].append({**session, "rank": 1})
        for form in self._events("form_submit"):
            person = self.person["cookie", form["anonymous_id"]]
            visit = next(
                (
                    session
                    for session in self.sessions
                    if session["cookie"] == form["anonymous_id"]
                    and session["at"] <= form["at"] <= session["end"] + timedelta(minutes=30)
                ),
                {"channel": "unassigned", "campaign": "(none)"},
            )
            touches[person].append({**form, "channel": visit["channel"],
                                    "campaign": visit["campaign"], "rank": 2})  # fmt: skip
        return touches

    def first_touch(self, person: Any, until: datetime) -> tuple[str, str] | None:
        """Channel and campaign of a person's first touch with a known source up to an instant."""
        known = [
            touch
            for touch in self.touches.get(person, [])
            if touch["at"] <= until and touch["channel"] != "unassigned"
        ]
        if not known:
            return None
        first = min(known, key=lambda touch: (touch["at"], touch["rank"]))
        return first["channel"], first["campaign"]

    def account_of(self, person: Any) -> str | None:
        """Account that a contact of the person works for."""
        for contact in self.of("contact"):
            if self.person["contact", contact["contact_id"]] == person:
                return contact["account_id"]
        return None

    def _leads(self) -> list[dict[str, Any]]:
        """Leads that are left: none of the same phone in the 90 days before the kept one's end."""
        out: list[dict[str, Any]] = []
        kept: dict[str, dict[str, Any]] = {}
        for lead in sorted(self.of("lead"), key=lambda row: (row["created_at"], row["lead_id"])):
            before = kept.get(lead["phone_hash"])
            if before and lead["created_at"] <= before["created_at"] + timedelta(days=90):
                continue
            person = self.person["lead", lead["lead_id"]]
            own = (lead.get("utm_source"), lead.get("utm_medium"))
            raw = RAW_CHANNEL.get(lead.get("channel_raw"), "unassigned")
            touched = self.first_touch(person, lead["created_at"])
            channel, campaign = touched or (UTM_CHANNEL.get(own, raw), "(none)")
            kept[lead["phone_hash"]] = lead
            out.append({**lead, "day": day_of(lead["created_at"]), "person": person,
                        "company": self.account_of(person), "channel": channel,
                        "campaign": campaign})  # fmt: skip
        return out

    def _registered(self) -> dict[Any, dict[str, Any]]:
        """First registration of every person."""
        found = [
            (form["at"], self.person["phone", form["phone_hash"]])
            for form in self._events("form_submit")
            if form["type"] == "register"
        ]
        found += [
            (event["at"], self.person["login", event["login_id"]])
            for event in self.app_events()
            if event["event"] == "$SignUp"
        ]
        out: dict[Any, dict[str, Any]] = {}
        for moment, person in sorted(found, key=lambda pair: pair[0]):
            channel, campaign = self.first_touch(person, moment) or ("unassigned", "(none)")
            out.setdefault(person, {"at": moment, "day": day_of(moment), "channel": channel,
                                    "campaign": campaign})  # fmt: skip
        return out

    def ad_rows(self) -> list[dict[str, Any]]:
        """Last load of every ad row up to as_of, with its channel."""
        key = ("platform", "account_id", "campaign_id", "adgroup_id", "keyword_id", "match_type",
               "device", "date")  # fmt: skip
        last: dict[tuple, dict[str, Any]] = {}
        for row in self.of("ad_spend_daily"):
            name = tuple(row[part] for part in key)
            loaded = row.get("_loaded_at", at("2030-01-01 00:00"))
            if name not in last or loaded > last[name].get("_loaded_at", at("2030-01-01 00:00")):
                last[name] = row
        return [
            {**row, "channel": PLATFORM_CHANNEL.get(row["platform"], "unassigned"),
             "campaign": campaign_of(row["campaign_id"]),
             "spend": self.to_cny(
                 Decimal(str(row["cost"])) + Decimal(str(row.get("cost_adjust", 0))),
                 row["currency"], row["date"])}
            for row in last.values()
            if row["date"] <= AS_OF
        ]  # fmt: skip

    # conversions -----------------------------------------------------------------------------

    def first_paid(self) -> dict[str, dict[str, Any]]:
        """First paid contract of every account, signed up to as_of."""
        out: dict[str, dict[str, Any]] = {}
        for row in sorted(self.of("contract"), key=lambda r: (r["signed_date"], r["contract_id"])):
            gone = row.get("cancelled_at")
            undone = gone and day_of(gone) <= row["signed_date"] + timedelta(days=7)
            if row["kind"] != "amend" and row["amount"] > 0 and not undone:
                out.setdefault(row["account_id"], row)
        return {a: row for a, row in out.items() if row["signed_date"] <= AS_OF}

    def cash(self, contract_ids: Iterable[str]) -> list[tuple[str, date, Decimal]]:
        """Payments and refunds (negative) of contracts up to as_of, kind first."""
        wanted = set(contract_ids)
        lines = [
            ("payment", day_of(row["paid_at"]),
             self.to_cny(row["amount"], row["currency"], day_of(row["paid_at"])))
            for row in self.of("payment") if row["contract_id"] in wanted
        ]  # fmt: skip
        lines += [
            ("refund", day_of(row["refunded_at"]),
             -self.to_cny(row["amount"], row["currency"], day_of(row["refunded_at"])))
            for row in self.of("refund") if row["contract_id"] in wanted
        ]  # fmt: skip
        return [line for line in lines if line[1] <= AS_OF]

    def credited(self, account: str, start: datetime, end: datetime, model: str) -> str:
        """Channel of the first or last touch of the account's persons in [start, end]."""
        persons = {
            self.person["contact", contact["contact_id"]]
            for contact in self.of("contact")
            if contact["account_id"] == account
        }
        inside = [
            touch
            for person in persons
            for touch in self.touches.get(person, [])
            if start <= touch["at"] <= end
        ]
        if not inside:
            return "unattributed"
        pick = min if model == "first" else max
        return pick(inside, key=lambda touch: (touch["at"], touch["rank"]))["channel"]

    def cohort(self, account: str, until: datetime, otherwise: date) -> date:
        """Month of the account's earliest lead, else of the conversion."""
        days = [
            lead["day"]
            for lead in self.leads
            if lead["company"] == account and lead["created_at"] <= until
        ]
        return min(days, default=otherwise).replace(day=1)

    def roi(self) -> dict[tuple[date, str, str], dict[str, Any]]:
        """Sums of every (cohort month, channel, model) with cost, a lead or a credit."""
        table: dict[tuple, dict[str, Any]] = defaultdict(lambda: defaultdict(Decimal))
        midnight = at("2026-01-01 00:00").timetz()
        for model in ("first", "last"):
            for month, channel, cost, loaded in self._costs():
                row = table[month, channel, model]
                row["cost"] += cost
                row["loaded_cost"] += cost + loaded
            for lead in self.leads:
                row = table[lead["day"].replace(day=1), lead["channel"], model]
                row["credited_leads"] += 1
                row["paid_leads"] += self._pays_in_time(lead)
            for account, contract in self.first_paid().items():
                signed = contract["signed_date"]
                start = datetime.combine(signed - timedelta(days=90), midnight)
                end = datetime.combine(signed + timedelta(days=1), midnight)
                end -= timedelta(microseconds=1)
                channel = self.credited(account, start, end, model)
                row = table[self.cohort(account, end, signed), channel, model]
                row["credited_customers"] += 1
                for name, value in self._values(account, contract).items():
                    row[name] += value
            for account, accepted in self._first_accepted().items():
                channel = self.credited(account, accepted - timedelta(days=90), accepted, model)
                month = self.cohort(account, accepted, day_of(accepted))
                table[month, channel, model]["credited_opportunities"] += 1
        return table

    def _first_accepted(self) -> dict[str, datetime]:
        out: dict[str, datetime] = {}
        for row in self.of("opportunity"):
            if row["accepted_at"] and day_of(row["accepted_at"]) <= AS_OF:
                before = out.get(row["account_id"], row["accepted_at"])
                out[row["account_id"]] = min(before, row["accepted_at"])
        return out

    def _values(self, account: str, contract: dict[str, Any]) -> dict[str, Decimal]:
        signed = contract["signed_date"]
        own = self.cash([contract["contract_id"]])
        everything = self.cash(
            row["contract_id"] for row in self.of("contract") if row["account_id"] == account
        )
        year = signed.replace(year=signed.year + 1)
        refunds = sum(
            amount for kind, day, amount in own
            if kind == "refund" and day <= signed + timedelta(days=90)
        )  # fmt: skip
        booking = self.to_cny(contract["amount"], contract["currency"], signed)
        return {
            "credited_revenue": booking + refunds,
            "credited_cash": sum((amount for _, _, amount in own), Decimal(0)),
            "ltv12": cents(
                sum((a for _, day, a in everything if signed <= day < year), Decimal(0))
                * Decimal("0.75")
            ),
            "acv": booking,  # every contract here runs 365 days: twelve whole months
            "mrr": self._mrr(account, date(2026, 10, 31)),
            "subscribed": Decimal(self._mrr(account, date(2026, 10, 31)) > 0),
        }

    def _mrr(self, account: str, day: date) -> Decimal:
        contracts = {r["contract_id"] for r in self.of("contract") if r["account_id"] == account}
        return sum(
            (
                Decimal(item["seats"] * item["unit_price"])
                / (12 if item["period"] == "year" else 1)
                for item in self.of("subscription_item")
                if item["contract_id"] in contracts and item["start"] <= day <= item["end"]
            ),
            Decimal(0),
        )

    def _pays_in_time(self, lead: dict[str, Any]) -> int:
        contract = self.first_paid().get(lead["company"])
        same = [other for other in self.leads if other["company"] == lead["company"]]
        earliest = min(same, key=lambda other: (other["created_at"], other["lead_id"]))
        if contract is None or earliest["lead_id"] != lead["lead_id"]:
            return 0
        return int(0 <= (contract["start_date"] - lead["day"]).days <= 180)

    def _costs(self) -> list[tuple[date, str, Decimal, Decimal]]:
        """(month, channel, direct cost, payroll share) lines."""
        lines = [(r["date"].replace(day=1), r["channel"], r["spend"], Decimal(0))
                 for r in self.ad_rows()]  # fmt: skip
        for row in self.of("mkt_event_cost"):
            amount = self.to_cny(row["amount"], row["currency"], row["date"])
            lines.append((row["date"].replace(day=1), row["channel_id"] or "event", amount, 0))
        payroll: dict[date, Decimal] = defaultdict(Decimal)
        for row in self.of("channel_cost_monthly"):
            if row["month"] > AS_OF:
                continue
            amount = self.to_cny(row["amount"], row["currency"], row["month"])
            if row["cost_type"] in ("content", "agency", "tool"):
                lines.append((row["month"], row["channel_id"], amount, Decimal(0)))
            elif row["cost_type"] in ("payroll_mkt", "payroll_sales"):
                payroll[row["month"]] += amount
        for month, amount in payroll.items():
            here = [lead["channel"] for lead in self.leads if lead["day"].replace(day=1) == month]
            if not here:
                lines.append((month, "unassigned", Decimal(0), amount))
            for channel in set(here):
                share = amount * here.count(channel) / len(here)
                lines.append((month, channel, Decimal(0), share))
        return [(month, channel if channel in KNOWN_CHANNELS else "unassigned", cost, loaded)
                for month, channel, cost, loaded in lines]  # fmt: skip


def rank_by(rows: dict[str, dict[str, Any]], value: str, sign: int) -> dict[str, int]:
    """Rank channels with cost and enough leads by a value, ties as A20 has them."""
    fit = [
        channel
        for channel, row in rows.items()
        if row["cost"] > 0 and row["credited_leads"] >= MIN_LEADS
    ]
    ordered = sorted(
        fit, key=lambda c: (sign * rows[c][value], -rows[c]["rate"], rows[c]["cost"], c)
    )
    return {channel: number for number, channel in enumerate(ordered, 1)}
