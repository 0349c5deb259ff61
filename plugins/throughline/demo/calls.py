"""Call-backs and care calls: call records and what agents wrote about them."""

from random import Random

from throughline.demo import company as companies
from throughline.demo import staff
from throughline.demo.leads import Lead
from throughline.demo.ledger import Ledger
from throughline.demo.times import DAY, day_of, start_of

HOTLINE = "4000000001"
FAILED = (("no_answer", 0.55), ("rejected", 0.2), ("busy", 0.12), ("voicemail", 0.06),
          ("invalid_number", 0.04), ("blocked", 0.03))  # fmt: skip
EMPTY = ("", "无", "不清楚", "-")
ELEMENTS = ("示例企业、贸易", "采购负责人", "库存不准", "表格", "五万以内", "总经理决定", "下季度")


def office_hour(rng: Random, second: int) -> int:
    """The next instant from `second` on that lies in working hours (9:00 to 18:00)."""
    opening = start_of(day_of(second)) + 9 * 3600
    if second < opening:
        return opening + int(rng.random() * 3600)
    if second > opening + 9 * 3600:
        return opening + DAY + int(rng.random() * 3600)
    return second


def record(
    rng: Random, ledger: Ledger, call_id: str, second: int, phone: str, outcome: str,
    campaign: str | None, agent: str, lead_id: str | None, direction: str = "out",
) -> int | None:  # fmt: skip
    """Emit one call record; return the second it ended when it was answered."""
    typed, _ = companies.typed_phone(rng, phone)
    sides = (HOTLINE, typed) if direction == "out" else (typed, HOTLINE)
    ring = second + 1 + int(rng.random() * 4)
    answer = end = None
    talk = 0
    if outcome == "answered":
        answer = ring + 2 + int(rng.random() * 20)
        talk = 5 + int(rng.expovariate(1 / 140))
        end = answer + talk
    else:
        end = ring + 5 + int(rng.random() * 30)
    row = (call_id, direction, "400" if direction == "in" else "out", *sides, second, ring, answer,
           end, talk if answer else 0, 0, agent, outcome, campaign,
           ("caller", "callee", "system")[int(rng.random() * 3)], lead_id,
           f"rec-{call_id}" if answer else None)  # fmt: skip
    day = day_of(end)
    ledger.emit("cdr", day, (None, call_id, *row))
    if rng.random() < 0.003:
        ledger.emit("cdr", day, ("duplicate_exact", call_id, *row))
    return end if answer else None


def call_back(rng: Random, ledger: Ledger, lead: Lead) -> int | None:
    """Call a new lead up to three times; return when somebody was reached, or None."""
    second = office_hour(rng, lead.second + 120 + int(rng.expovariate(1 / 5400)))
    for attempt in range(3):
        reached = rng.random() < (0.62 if lead.fate != "open" else 0.30)
        outcome = "answered" if reached else _failed(rng)
        campaign = "first_callback" if attempt == 0 else "second_callback"
        call_id = f"c-{lead.lead_id}-{attempt + 1}"
        agent = lead.row["owner_id"]
        ended = record(rng, ledger, call_id, second, lead.person.phone, outcome, campaign, agent,
                       lead.lead_id)  # fmt: skip
        if ended:
            write_up(rng, ledger, call_id, ended, lead)
            return ended
        if outcome == "invalid_number":
            return None
        second = office_hour(rng, second + 3600 + int(rng.random() * 2 * DAY))
    return None


def follow_up(rng: Random, ledger: Ledger, lead: Lead, second: int, campaign: str) -> None:
    """One more call to a known lead, mostly answered."""
    second = office_hour(rng, second)
    call_id = f"c-{lead.lead_id}-{campaign[0]}{second:x}"
    outcome = "answered" if rng.random() < 0.75 else _failed(rng)
    ended = record(rng, ledger, call_id, second, lead.person.phone, outcome, campaign,
                   lead.row["owner_id"], lead.lead_id)  # fmt: skip
    if ended:
        write_up(rng, ledger, call_id, ended, lead)


def _failed(rng: Random) -> str:
    chance = rng.random()
    for outcome, share in FAILED:
        if chance < share:
            return outcome
        chance -= share
    return "no_answer"


def write_up(rng: Random, ledger: Ledger, call_id: str, ended: int, lead: Lead) -> None:
    """Emit the agent's note: seven elements, the better the lead the more are known."""
    keen = {"paid": 0.92, "lost": 0.75, "valid": 0.7, "invalid": 0.3}.get(lead.fate, 0.4)
    filled = [
        text if rng.random() < keen else EMPTY[int(rng.random() * len(EMPTY))] for text in ELEMENTS
    ]
    grade = {"paid": "AAB", "lost": "ABBC", "valid": "BCC", "invalid": "DDC"}.get(lead.fate, "CD")
    intent = grade[int(rng.random() * len(grade))]
    days = {"A": 20, "B": 60, "C": 180}.get(intent)
    written = ended + 30 + int(rng.random() * 300)
    csat = 1 + int(5 * rng.random() ** 0.5) if rng.random() < 0.3 else None
    reached = rng.random() < 0.95
    row = (call_id, lead.lead_id, "true" if reached else "false", *filled,
           days if filled[6] == ELEMENTS[6] else None, intent, ended + 7 * DAY, csat,
           "约演示" if intent == "A" else "", written)  # fmt: skip
    ledger.emit("dispositions", day_of(written), (None, call_id, *row))


def hotline(rng: Random, ledger: Ledger, call_id: str, second: int, phone: str) -> None:
    """An incoming call on the 400 line that an agent answers."""
    agent = staff.SDR[int(rng.random() * len(staff.SDR))]
    record(rng, ledger, call_id, second, phone, "answered", None, agent, None, "in")
