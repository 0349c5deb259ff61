"""Leads, calls and opportunities of a small sales team: edges by hand, the rest at random."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
AS_OF = date(2026, 11, 20)
ELEMENTS = ("e1_company", "e2_contact", "e3_need", "e4_current_system", "e5_budget", "e6_decision",
            "e7_timeline")  # fmt: skip

Rows = dict[str, list[dict[str, Any]]]


def at(local: str) -> datetime:
    """Instant of a wall-clock time in Shanghai."""
    return datetime.fromisoformat(local).replace(tzinfo=SHANGHAI)


class World:
    """Input rows by entity."""

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.count = 0

    def add(self, entity: str, **row: Any) -> None:
        self.rows.setdefault(entity, []).append(row)

    def lead(self, lead_id: str, created: datetime, known: bool = True, **extra: Any) -> None:
        """A lead with its own phone; `known` puts the phone on a contact of account acc-<id>."""
        row = {"created_at": created, "phone_hash": f"p-{lead_id}", "status": "new"}
        self.add("lead", lead_id=lead_id, **{**row, **extra})
        if known:
            self.add("account", account_id=f"acc-{lead_id}", name=f"Company {lead_id}",
                     industry_l1=extra.get("industry"), employee_count=30)  # fmt: skip
            self.add("contact", contact_id=f"con-{lead_id}", account_id=f"acc-{lead_id}",
                     phone_hash=f"p-{lead_id}", created_at=at("2024-01-01 00:00"))  # fmt: skip

    def call(self, lead_id: str | None, start: datetime, talk: int | None, said: str = "",
             **extra: Any) -> None:  # fmt: skip
        """A call; `talk` None is one nobody answered, `said` the numbers of elements filled."""
        self.count += 1
        call_id = f"call{self.count:04d}"
        written = {k: extra.pop(k) for k in ("intent", "timeline_days", "csat_key",
                                             "reached_person") if k in extra}  # fmt: skip
        answered = talk is not None
        row = {
            "direction": "out",
            "line": "out",
            "callee_hash": f"p-{lead_id}",
            "start_at": start,
            "answer_at": start + timedelta(seconds=5) if answered else None,
            "end_at": start + timedelta(seconds=5 + (talk or 0)),
            "talk_seconds": talk,
            "agent_id": "a1",
            "outcome": "answered" if answered else "no_answer",
            "campaign": "first_callback",
        }
        self.add("cdr", call_id=call_id, lead_id=lead_id, **{**row, **extra})
        if answered and (said or written):
            filled = {f"{name}_filled": str(n) in said for n, name in enumerate(ELEMENTS, 1)}
            self.add("call_disposition", call_id=call_id, lead_id=lead_id, **filled, **written)

    def status(self, lead_id: str, changed: str, status: str) -> None:
        self.add("lead_status_history", lead_id=lead_id, changed_at=at(changed), status=status)

    def opportunity(self, name: str, lead_id: str | None, accepted: datetime, **extra: Any) -> None:
        row = {"opportunity_id": name, "account_id": f"acc-{lead_id}", "type": "new",
               "business_line": "erp", "created_at": accepted, "accepted_at": accepted,
               "stage": "discovery", "lead_id": lead_id}  # fmt: skip
        self.add("opportunity", **{**row, **extra})

    def contract(self, name: str, lead_id: str, signed: date, start: date | None = None) -> None:
        self.add("contract", contract_id=name, account_id=f"acc-{lead_id}", kind="new",
                 signed_date=signed, start_date=start or signed,
                 end_date=(start or signed) + timedelta(days=364), amount=1000,
                 currency="CNY")  # fmt: skip


def edges(world: World) -> None:
    """Leads of 2 March 2026, 09:00, each with one thing about it."""
    born = at("2026-03-02 09:00:00")
    call = at("2026-03-03 10:00:00")

    def lead(name: str, **extra: Any) -> None:
        world.lead(name, extra.pop("created", born), industry="software", owner_id="o1", **extra)

    lead("plain")
    world.call("plain", call, 30, "3456")
    lead("short")  # 29 seconds are no effective connect
    world.call("short", call, 29, "34567")
    lead("unreached")  # somebody else picked up
    world.call("unreached", call, 90, "34567", reached_person=False)
    lead("three")  # three elements are too few; the fourth comes on the 5th
    world.call("three", call, 60, "345")
    world.call("three", at("2026-03-05 10:00"), 10, "6")
    lead("needless")  # four elements, but not the need
    world.call("needless", call, 60, "4567")
    lead("record", company_name="Acme", headcount_raw="50-99", title="CTO", name_hash="n")
    world.call("record", call, 60, "34")  # E1 and E2 come from the record
    lead("placeholder", company_name="Acme", headcount_raw="不清楚", title="-", name_hash="m")
    world.call("placeholder", call, 60, "34")
    lead("nobody", known=False)  # no company
    world.call("nobody", call, 60, "3456")
    lead("invalid", status="invalid", invalid_reason="no_need")
    world.call("invalid", call, 60, "3456")
    world.status("invalid", "2026-03-02 09:00:00", "new")
    world.status("invalid", "2026-03-10 09:00:00", "invalid")
    lead("revived", status="working")  # invalid when complete, valid again on the 9th
    world.call("revived", call, 60, "3456")
    world.status("revived", "2026-03-02 10:00:00", "invalid")
    world.status("revived", "2026-03-09 08:00:00", "working")
    lead("rival", status="invalid", invalid_reason="competitor")
    world.call("rival", call, 60, "3456")
    world.status("rival", "2026-03-04 09:00:00", "invalid")
    lead("student", status="working", invalid_reason="student")
    world.call("student", call, 60, "3456")
    lead("unhistoried", status="invalid", invalid_reason="other")
    world.call("unhistoried", call, 60, "3456")
    lead("signup", email_hash="m1", email_domain="acme.example")  # no call connected
    world.add("form_submit", event_id="f1", anonymous_id="k1", event_time=at("2026-03-06 11:00"),
              received_at=at("2026-03-06 11:00"), form_id="f", type="register",
              phone_hash="p-signup", email_hash="m1", email_domain="acme.example")  # fmt: skip
    world.call("signup", call, 12, "3456")
    lead("freemail", email_hash="m2", email_domain="qq.com")
    world.add("form_submit", event_id="f2", anonymous_id="k2", event_time=at("2026-03-06 11:00"),
              received_at=at("2026-03-06 11:00"), form_id="f", type="register",
              phone_hash="p-freemail", email_hash="m2", email_domain="qq.com")  # fmt: skip
    world.call("freemail", call, 12, "3456")
    lead("day14")  # exactly fourteen days, and a second more
    world.call("day14", born + timedelta(days=14), 60, "3456")
    lead("day14b")
    world.call("day14b", born + timedelta(days=14, seconds=1), 60, "3456")
    lead("opp60")
    world.call("opp60", call, 60, "3456")
    world.opportunity("opp60", "opp60", born + timedelta(days=60))
    lead("opp60b")  # late for the lead, in time for the valid lead
    world.call("opp60b", call, 60, "3456")
    world.opportunity("opp60b", "opp60b", born + timedelta(days=60, seconds=1))
    lead("early", converted_opportunity_id="early", status="converted")
    world.call("early", call, 60, "3456")
    world.opportunity("early", None, at("2026-04-01 09:00"), account_id="acc-early")
    world.opportunity("before", "early", born - timedelta(days=1))
    lead("paid180")
    world.contract("paid180", "paid180", date(2026, 8, 1), date(2026, 8, 29))
    lead("paid181")
    world.contract("paid181", "paid181", date(2026, 8, 1), date(2026, 8, 30))
    lead("customer")  # was one before the lead
    world.contract("customer", "customer", date(2026, 1, 1))
    lead("twice")  # a duplicate brings the call
    lead("again", phone_hash="p-twice", known=False, created=at("2026-03-20 09:00"))
    world.call("again", at("2026-03-21 09:00"), 60, "34567", intent="B")
    lead("late", created=at("2026-11-20 23:59:59"))
    lead("future", created=at("2026-11-21 00:00:00"))
    # Response: exactly 30 minutes, a second more, an inbound call, and a call before the lead.
    for name, seconds in (("fast", 1800), ("slow", 1801)):
        lead(name)
        world.call(name, born + timedelta(seconds=seconds), None)
    lead("inbound")
    world.call("inbound", born + timedelta(seconds=60), 60, direction="in", line="400",
               caller_hash="p-inbound", callee_hash=None)  # fmt: skip
    lead("warned")
    world.call("warned", born - timedelta(seconds=60), None)
    world.call("warned", born + timedelta(hours=2), None, outcome="rejected")


def grades(world: World) -> None:
    """Intent, urgency and activity as of 20 November."""
    born = at("2026-11-02 09:00:00")
    for name in ("grade_a", "grade_b", "grade_c", "soon", "late90", "later", "prices", "price",
                 "reader", "silent", "hot", "warm", "cool", "dormant", "deep"):  # fmt: skip
        world.lead(name, born, industry="retail", owner_id=None)
    for name, grade in (("grade_a", "A"), ("grade_b", "B"), ("grade_c", "C")):
        world.call(name, at("2026-11-03 10:00"), 60, intent="D", hangup_by="callee")
        world.call(name, at("2026-11-03 11:00"), 60, intent=grade, csat_key=4)
    for name, days in (("soon", 30), ("late90", 90), ("later", 91)):
        world.call(name, at("2026-11-03 10:00"), 60, "7", timeline_days=days)
    views = {
        "prices": [("2026-11-14 00:00:00", "pricing"), ("2026-11-20 23:59:59", "pricing")],
        "price": [("2026-11-13 23:59:59", "pricing"), ("2026-11-20 10:00", "pricing")],
        "reader": [("2026-11-20 10:00", "docs")],
        "hot": [("2026-11-07 10:00", "docs"), ("2026-11-08 10:00", "docs"),
                ("2026-11-17 10:00", "docs")],
        "warm": [("2026-11-13 10:00", "docs")],
        "cool": [("2026-11-07 10:00", "docs")],
        "dormant": [("2026-11-06 10:00", "docs")],
        "deep": [("2026-10-22 00:00:00", "docs"), ("2026-11-01 10:00", "pricing"),
                 ("2026-11-18 10:00", "cases")],
    }  # fmt: skip
    for name, seen in views.items():
        for number, (when, module) in enumerate(seen):
            world.add("pageview", event_id=f"{name}{number}", anonymous_id=f"k-{name}",
                      event_time=at(when), received_at=at(when), url="https://shop.example/x",
                      url_path="/x", site_id="www", module=module)  # fmt: skip
        world.add("form_submit", event_id=f"form-{name}", anonymous_id=f"k-{name}",
                  event_time=at("2026-11-02 08:00"), received_at=at("2026-11-02 08:00"),
                  form_id="f", type="demo", phone_hash=f"p-{name}")  # fmt: skip
    for number in range(2):
        world.add("app_event", event_id=f"use{number}", type="track", event="create_quote",
                  distinct_id="k-deep", anonymous_id="k-deep", event_time=at("2026-11-10 10:00"),
                  received_at=at("2026-11-10 10:00"))  # fmt: skip


def crowd(world: World, seed: int = 7) -> None:
    """Three hundred leads and their calls at random, over a year."""
    random = Random(seed)
    for number in range(300):
        name = f"r{number:03d}"
        born = at("2025-11-20 00:00") + timedelta(seconds=random.randrange(365 * 86_400))
        world.lead(name, born, known=random.random() < 0.8, owner_id=random.choice(["o2", "o3"]),
                   industry=random.choice(["retail", "software", None]))  # fmt: skip
        for _ in range(random.choice([0, 1, 1, 2, 4])):
            start = born + timedelta(seconds=random.randrange(-3600, 20 * 86_400))
            if start.astimezone(SHANGHAI).date() > AS_OF:
                continue
            talk = random.choice([None, None, 5, 29, 30, 31, 200])
            said = "".join(n for n in "1234567" if random.random() < 0.6) if talk else ""
            graded = {"intent": random.choice("ABCD"), "csat_key": random.randint(1, 5)}
            world.call(
                name, start, talk, said,
                agent_id=random.choice(["a1", "a2", None]),
                campaign=random.choice(["first_callback", "second_callback", None]),
                hangup_by=random.choice(["caller", "callee", None]),
                **({"outcome": random.choice(["rejected", "busy"])} if talk is None else {}),
                **(graded if talk and random.random() < 0.5 else {}),
            )  # fmt: skip
        if random.random() < 0.3:
            accepted = born + timedelta(seconds=random.randrange(-86_400, 90 * 86_400))
            if accepted.astimezone(SHANGHAI).date() <= AS_OF:
                world.opportunity(f"opp-{name}", name, accepted)
        if random.random() < 0.2:
            signed = (born + timedelta(days=random.randrange(1, 230))).date()
            world.contract(f"con-{name}", name, signed)


def make() -> Rows:
    """Every input row of the world, by entity; two of them came twice."""
    world = World()
    for part in (edges, grades, crowd):
        part(world)
    world.rows["cdr"].append(dict(world.rows["cdr"][0]))
    world.rows["lead"].append(dict(world.rows["lead"][0]))
    return world.rows
