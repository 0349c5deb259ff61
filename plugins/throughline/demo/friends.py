"""What the messaging tool of the private domain exported once: friends, messages, tags, referrals.

Everything is counted in the truth manifest; the customers are those of the shop.
"""

from pathlib import Path
from random import Random
from typing import Any

from throughline.demo import exports, staff
from throughline.demo.exports import Rows
from throughline.demo.shop import customers
from throughline.demo.times import DAY, local, start_of
from throughline.demo.world import World

HEADERS = {
    "friend_requests.csv.gz": "request_id,staff_id,customer_uid,source,channel_id,qr_id,sent_at,"
                              "accepted_at,updated_at",
    "friends.csv.gz": "staff_id,customer_uid,added_at,removed_at,by,updated_at",
    "messages.csv.gz": "msg_id,staff_id,customer_uid,ts,direction,is_system,type",
    "tag_tasks.csv.gz": "task_id,staff_id,customer_uid,tag,assigned_at,due_at,done_at,required,"
                        "updated_at",
    "referrals.csv.gz": "referral_id,referrer_person,referee_key,sent_at,registered_at,"
                        "first_paid_at,reward,updated_at",
}  # fmt: skip
SOURCES = ("qr", "search", "card", "group")
ACCEPTED, REMOVED, TASKED, INVITING = 0.8, 0.12, 0.3, 0.1
BEFORE_THE_END = 12
"""Days before the end of history on which the last request is sent, so that all is over by then."""
TAGS = ("preference", "budget", "birthday_month")


def write(folder: Path, world: World) -> dict[str, Any]:
    """Write the exports below `scrm/` where there are none; returns what is true of them."""
    rng = Random(f"friends:{world.seed}")
    rows = exports.blank(HEADERS)
    first, last = world.start.toordinal(), world.history_until.toordinal() - BEFORE_THE_END
    truth = {"requests": 0, "accepted": 0, "removed": 0, "episodes": 0, "tasks": 0, "in_time": 0}
    for number, uid in enumerate(customers(world), start=1):
        sent = start_of(first + int(rng.random() * (last - first))) + 9 * 3600
        _meet(rng, rows, truth, (number, uid), sent + int(rng.random() * 8 * 3600))
    exports.write(folder / "scrm", HEADERS, rows)
    referrals = rows["referrals.csv.gz"]
    truth["referred"] = len(referrals)
    truth["registered"] = sum(bool(row[4]) for row in referrals)
    truth["first_paid"] = sum(bool(row[5]) for row in referrals)
    return {"private_domain": truth}


def _meet(
    rng: Random, rows: Rows, truth: dict[str, int], customer: tuple[int, str], sent: int
) -> None:
    """Ask a customer to become a friend, and tell what comes of it within ten days."""
    number, uid = customer
    agent = staff.SUCCESS[number % len(staff.SUCCESS)]
    source = SOURCES[int(rng.random() * len(SOURCES))]
    yes = rng.random() < ACCEPTED
    added = sent + 60 + int(rng.random() * 7200)
    rows["friend_requests.csv.gz"].append((
        f"fr-{number:05d}", agent, uid, source, "private_domain",
        f"qr-{number % 7}" if source == "qr" else "", local(sent), local(added) if yes else "",
        local(added if yes else sent),
    ))  # fmt: skip
    truth["requests"] += 1
    if not yes:
        return
    truth["accepted"] += 1
    gone = rng.random() < REMOVED
    removed = added + 9 * DAY + int(rng.random() * DAY / 2)
    by = ("customer" if rng.random() < 0.8 else "staff") if gone else ""
    rows["friends.csv.gz"].append((agent, uid, local(added), local(removed) if gone else "", by,
                                   local(removed if gone else added)))  # fmt: skip
    truth["removed"] += gone
    truth["episodes"] += _talk(rng, rows, agent, uid, added)
    if rng.random() < TASKED:
        truth["tasks"] += 1
        truth["in_time"] += _task(rng, rows, agent, uid, added + DAY)
    if rng.random() < INVITING:
        _refer(rng, rows, number, uid, added + 2 * DAY)


def _talk(rng: Random, rows: Rows, agent: str, uid: str, added: int) -> int:
    """A greeting by the platform, and some talks a day apart; return how many the customer began.

    A talk is an episode of messages: half an hour of silence ends it.
    """
    said = [(added + 2, "out", "true", "text")]
    talks = int(rng.random() * 5)
    for talk in range(1, talks + 1):
        begun = added + talk * DAY + int(rng.random() * 6 * 3600)
        for line in range(1 + int(rng.random() * 3)):
            kind = "image" if rng.random() < 0.1 else "text"
            said.append((begun + 300 * line, "in", "false", kind))
            said.append((begun + 300 * line + 60, "out", "false", "text"))
    rows["messages.csv.gz"] += [
        (f"msg-{uid}-{place}", agent, uid, local(second), direction, system, kind)
        for place, (second, direction, system, kind) in enumerate(said)
    ]
    return talks


def _task(rng: Random, rows: Rows, agent: str, uid: str, assigned: int) -> bool:
    """Ask staff to fill in a tag within three days; a fifth are late, a tenth never done."""
    due, chance = assigned + 3 * DAY, rng.random()
    done = None if chance < 0.1 else due + 3600 if chance < 0.3 else assigned + DAY
    tag = TAGS[int(rng.random() * len(TAGS))]
    rows["tag_tasks.csv.gz"].append((
        f"tt-{uid}", agent, uid, tag, local(assigned), local(due), local(done), "true",
        local(done or assigned),
    ))  # fmt: skip
    return done is not None and done <= due


def _refer(rng: Random, rows: Rows, number: int, uid: str, sent: int) -> None:
    """A customer invites somebody; half of them register, half of these pay."""
    came = sent + DAY if rng.random() < 0.5 else None
    paid = sent + 3 * DAY if came and rng.random() < 0.5 else None
    rows["referrals.csv.gz"].append((
        f"rf-{number:05d}", uid, f"wx-friend-{number:05d}", local(sent), local(came), local(paid),
        "coupon-50" if paid else "", local(paid or came or sent),
    ))  # fmt: skip
