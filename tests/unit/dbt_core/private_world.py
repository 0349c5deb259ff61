"""Adversarial rows of the private domain, and naive answers, written without a look at the SQL."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

from core_world import at

Row = dict[str, Any]
WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)
ID_TYPES = ("login_id", "contact_id", "phone_hash", "email_hash", "unionid")
STEPS = ("delivered", "opened", "clicked", "replied")
NOBODY = "wm-nobody"


def private_rows(rng: Random, forms: Sequence[Row]) -> dict[str, list[Row]]:
    """Messages, friendships, touches and orders of people who fill in forms, and of a stranger."""
    known = sorted({str(form["phone_hash"]) for form in forms if form.get("phone_hash")})[:12]
    uids = ["ph0", "ph3", "em2", "k1", NOBODY, *known]
    touches = [_touch(rng, number, uids, forms) for number in range(250)]
    return {
        "scrm_message": [row for uid in uids for row in _talk(rng, uid)],
        "scrm_friend": [_friend(rng, uid, staff) for uid in uids for staff in ("s1", "s2")],
        "touch": touches,
        "touch_event": [row for touch in touches for row in _events(rng, touch)],
        "order": [_order(rng, number, uids, forms) for number in range(40)],
    }


def _talk(rng: Random, uid: str) -> list[Row]:
    """Messages with two members whose pauses crowd around half an hour, with ties."""
    rows, moment = [], at(rng.uniform(0, 90)).replace(microsecond=0)
    for number in range(rng.randrange(8, 30)):
        moment += timedelta(seconds=rng.choice((0, 1, 600, 900, 1799, 1800, 1801, 86_400)))
        rows.append({
            "msg_id": f"{uid}-{rng.randrange(1000):03d}-{number}", "customer_uid": uid,
            "staff_id": rng.choice(("s1", "s1", "s2")), "ts": moment,
            "direction": rng.choice(("in", "in", "out")),
            "is_system": rng.choice((None, False, False, True)), "type": "text",
        })  # fmt: skip
    return rows


def _friend(rng: Random, uid: str, staff: str) -> Row:
    added = at(rng.uniform(0, 40))
    gone = rng.choice((None, added + timedelta(days=rng.uniform(0, 60))))
    return {"staff_id": staff, "customer_uid": uid, "added_at": added, "removed_at": gone}


def _touch(rng: Random, number: int, uids: list[str], forms: Sequence[Row]) -> Row:
    """A touch to somebody, sent at, shortly before, or a week before a form of theirs."""
    form = rng.choice(forms)
    own = [str(form[name]) for name in ("phone_hash", "email_hash") if form.get(name)]
    before = rng.choice((timedelta(0), SECOND, timedelta(days=3), WEEK, WEEK + SECOND))
    to = rng.choice((*own, rng.choice(uids)))
    named = {rng.choice(("customer_uid", "person_key")): to}
    return {"touch_id": f"t{number}", "channel": "wecom", "staff_id": "s1",
            "sent_at": form["event_time"] - before, **named}  # fmt: skip


def _events(rng: Random, touch: Row) -> list[Row]:
    after = (-601, -600, -1, 0, 5, 7 * 86_400, 7 * 86_400 + 1)
    kinds = rng.sample((*STEPS, "negative", "optout"), rng.randrange(0, 3))
    return [
        {"touch_id": touch["touch_id"], "kind": kind,
         "ts": touch["sent_at"] + timedelta(seconds=rng.choice(after))}
        for kind in (*kinds, *kinds[:1])
    ]  # fmt: skip


def _order(rng: Random, number: int, uids: list[str], forms: Sequence[Row]) -> Row:
    placed = rng.choice(forms)["event_time"] + timedelta(seconds=rng.choice((0, 1, 86_400)))
    amount = rng.choice((10, 25))
    return {
        "order_id": f"o{number}", "customer_uid": rng.choice((*uids, None)), "created_at": placed,
        "paid_at": rng.choice((None, placed, placed + timedelta(hours=1))), "amount": amount,
        "currency": "CNY", "refund_amount": rng.choice((None, 0, 5, amount)),
    }  # fmt: skip


def people(identities: Iterable[Row]) -> dict[str, str]:
    """Person by id; an id of two types is taken as the first type."""
    ranked = [row for row in identities if row["id_type"] in ID_TYPES]
    ranked.sort(key=lambda row: ID_TYPES.index(row["id_type"]), reverse=True)
    return {row["id_value"]: row["person_id"] for row in ranked}


def paid_numbers(orders: Iterable[Row], person_of: dict[str, str]) -> dict[str, int]:
    """F10: number of each paid order among those of its customer."""
    out: dict[str, int] = {}
    seen: dict[str, int] = defaultdict(int)
    paid = [row for row in orders if row["paid_at"] and row["customer_uid"]]
    for row in sorted(paid, key=lambda row: (row["paid_at"], row["order_id"])):
        who = person_of.get(row["customer_uid"], row["customer_uid"])
        seen[who] += 1
        out[row["order_id"]] = seen[who]
    return out


def episodes(messages: Iterable[Row]) -> set[tuple[str, str, datetime, datetime, int]]:
    """J06: staff, customer, first and last instant, messages; a pause of more than half an hour."""
    talks: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for row in messages:
        if row["direction"] == "in" and not row["is_system"]:
            talks[row["staff_id"], row["customer_uid"]].append(row["ts"])
    found = set()
    for (staff, uid), moments in talks.items():
        moments.sort()
        parts = [[moments[0]]]
        for before, moment in pairwise(moments):
            if moment - before > timedelta(minutes=30):
                parts.append([])
            parts[-1].append(moment)
        found |= {(staff, uid, part[0], part[-1], len(part)) for part in parts}
    return found


def forms_of_friends(
    forms: Iterable[Row], friends: Sequence[Row], person_of: dict[str, str]
) -> set[str]:
    """Forms that somebody left while being a friend of anybody."""
    return {
        form["source_id"]
        for form in forms
        for friend in friends
        if person_of.get(friend["customer_uid"]) == form["person_id"]
        and friend["added_at"] <= form["touched_at"]
        and (friend["removed_at"] is None or form["touched_at"] < friend["removed_at"])
    }


def reached(touch: Row, events: Iterable[Row], conversions: Iterable[datetime]) -> tuple[int, bool]:
    """E15: steps that a touch reached, 0 to 5; K19: whether it had an outcome within a week."""
    sent = touch["sent_at"]
    moments: dict[str, datetime] = {}
    for event in events:
        if event["touch_id"] == touch["touch_id"] and event["ts"] >= sent - timedelta(minutes=10):
            moment = max(sent, event["ts"])
            moments[event["kind"]] = min(moment, moments.get(event["kind"], moment))
    converted = [moment for moment in conversions if sent < moment <= sent + WEEK]
    step = max([number for number, kind in enumerate(STEPS, 1) if kind in moments], default=0)
    outcomes = [moment for kind, moment in moments.items() if kind != "delivered"] + converted
    return 5 if converted else step, any(moment <= sent + WEEK for moment in outcomes)
