"""What success and sales exported once: activities, opinions, profiles, tags; the desk's chats.

Everything is counted in the truth manifest; persons are users of the product, parents of activities
leads and contacts of the CRM.
"""

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from throughline.demo import exports, staff
from throughline.demo.channels import FEATURES
from throughline.demo.company import CITIES, TITLES
from throughline.demo.exports import Rows
from throughline.demo.facts import Facts
from throughline.demo.times import DAY, local, start_of
from throughline.demo.world import World

HEADERS = {
    "activities.csv.gz": "activity_id,type,ts,owner_id,lead_id,contact_id,opportunity_id,outcome,"
                         "created_at,updated_at",
    "chats.csv.gz": "chat_id,anonymous_id,opened_at,first_visitor_msg_at,msgs_visitor,msgs_agent,"
                    "phone,wechat,agent_id,channel,updated_at",
    "csat.csv.gz": "response_id,wave,person_key,score,sent_at,answered_at,updated_at",
    "feedback.csv.gz": "feedback_id,person_key,feature_id,topic,sentiment,text,ts,updated_at",
    "profiles.csv.gz": "person_key,gender,birth_year,region,occupation,marketing_consent,"
                       "opted_out_at,created_at,updated_at",
    "tags.csv.gz": "subject_type,subject_id,tag,value,valid_from,valid_to,is_single_valued,source,"
                   "by,updated_at",
}  # fmt: skip
BEFORE_THE_END, PEOPLE, PARENTS = 20, 2000, 1500
"""Days before the end of history on which the last story begins; most users, leads or contacts."""
OUTCOMES = {"email": "sent", "visit": "met", "demo": "shown", "meeting": "agreed"}
TOPICS = {"pos": "好用", "neu": "建议", "neg": "卡顿"}
Known = list[tuple[int, str]]


def write(folder: Path, world: World, facts: Facts) -> dict[str, Any]:
    """Write the exports below `success/` where there are none; returns what is true of them."""
    rng, rows = Random(f"success:{world.seed}"), exports.blank(HEADERS)
    begin = start_of(world.history_until.toordinal() - BEFORE_THE_END)
    users, leads, contacts = (
        [one for one in known if one[0] < begin][:most]
        for known, most in ((facts.users, PEOPLE), (facts.known["lead_id"], PARENTS),
                            (facts.known["contact_id"], PARENTS))
    )  # fmt: skip
    truth = {
        "activities": _activities(rng, rows, leads, contacts),
        "chats": _chats(rng, rows, world),
        "csat": _satisfaction(rng, rows, users),
        "feedback": _feedback(rng, rows, users),
        "people": _profiles(rng, rows, users),
    }
    exports.write(folder / "success", HEADERS, rows)
    return {"success": truth}


def _activities(rng: Random, rows: Rows, leads: Known, contacts: Known) -> dict[str, int]:
    """An e-mail to some leads, a visit, demonstration or meeting with contacts; rows by type."""
    for second, lead in leads:
        if rng.random() < 0.3:
            _activity(rng, rows, "email", second + DAY, (lead, ""))
    for second, contact in contacts:
        for place in range(int(rng.random() * 3)):
            kind = ("visit", "demo", "meeting")[int(rng.random() * 3)]
            _activity(rng, rows, kind, second + (1 + 3 * place) * DAY, ("", contact))
    return dict(Counter(row[1] for row in rows["activities.csv.gz"]))


def _activity(rng: Random, rows: Rows, kind: str, second: int, parent: tuple[str, str]) -> None:
    number = len(rows["activities.csv.gz"]) + 1
    owner = staff.SALES[int(rng.random() * len(staff.SALES))]
    rows["activities.csv.gz"].append((f"act-{number:05d}", kind, local(second), owner, *parent, "",
                                      OUTCOMES[kind], local(second), local(second)))  # fmt: skip


def _chats(rng: Random, rows: Rows, world: World) -> dict[str, int]:
    """Two chats a day on the site; a third leave a number, a fifth never write."""
    left = 0
    for day in range(world.start.toordinal(), world.history_until.toordinal()):
        for place in range(2):
            opened = start_of(day) + (10 + 5 * place) * 3600 + int(rng.random() * 7200)
            silent, phone = rng.random() < 0.2, ""
            if not silent and rng.random() < 0.4:
                phone, left = f"1991{day % 100_000:05d}{place:02d}", left + 1
            sent, answers = (0, 0) if silent else (1 + int(rng.random() * 9), int(rng.random() * 9))
            rows["chats.csv.gz"].append((
                f"chat-{day:x}-{place}", f"ck-chat-{day:x}-{place}", local(opened),
                "" if silent else local(opened + 20), sent, answers, phone, "",
                staff.SDR[int(rng.random() * len(staff.SDR))], "site", local(opened + 1800),
            ))  # fmt: skip
    chats = rows["chats.csv.gz"]
    return {"chats": len(chats), "left_a_phone": left, "silent": sum(not row[4] for row in chats)}


def _satisfaction(rng: Random, rows: Rows, users: Known) -> dict[str, int]:
    """A question to every fourth user two weeks after they came; half of them answer."""
    satisfied = answered = 0
    for place, (opened, login) in enumerate(users[::4]):
        sent, score, said = opened + 14 * DAY, None, None
        if rng.random() < 0.5:
            said, score = sent + 3600, 1 + int(5 * rng.random() ** 0.5)
            answered, satisfied = answered + 1, satisfied + (score >= 4)
        rows["csat.csv.gz"].append((f"csat-{place:05d}", "onboarding", login,
                                    "" if score is None else score, local(sent), local(said),
                                    local(said or sent)))  # fmt: skip
    return {"sent": len(users[::4]), "answered": answered, "satisfied": satisfied}


def _feedback(rng: Random, rows: Rows, users: Known) -> dict[str, int]:
    """What every tenth user said of a feature; returns rows by sentiment."""
    features = [name for names in FEATURES.values() for name in names]
    for place, (opened, login) in enumerate(users[::10]):
        mood = ("pos", "neu", "neg")[int(rng.random() * 3)]
        feature = features[int(rng.random() * len(features))]
        said = opened + 10 * DAY
        rows["feedback.csv.gz"].append((f"fb-{place:05d}", login, feature, TOPICS[mood], mood,
                                        f"{feature} {TOPICS[mood]}", local(said),
                                        local(said + DAY)))  # fmt: skip
    return dict(Counter(row[4] for row in rows["feedback.csv.gz"]))


def _profiles(rng: Random, rows: Rows, users: Known) -> dict[str, int]:
    """What users said of themselves, and two tags: one of one value at a time, one of many.

    Some opted out later: a second version of the profile. Stage `onboarding` ends as `adopted`
    begins.
    """
    truth = {"profiles": 0, "consents": 0, "opted_out": 0, "adopted": 0}
    for opened, login in users:
        static = (login, ("female", "male", "unknown")[int(rng.random() * 3)],
                  1965 + int(rng.random() * 40), CITIES[int(rng.random() * len(CITIES))],
                  TITLES[int(rng.random() * len(TITLES))])  # fmt: skip
        agreed, leaves = rng.random() < 0.6, rng.random() < 0.1
        profiles = rows["profiles.csv.gz"]
        profiles.append((*static, str(agreed).lower(), "", local(opened), local(opened)))
        if leaves:
            left = opened + 9 * DAY
            profiles.append((*static, "false", local(left), local(opened), local(left)))
        truth["profiles"] += 1
        truth["consents"] += agreed and not leaves
        truth["opted_out"] += leaves
        truth["adopted"] += _tags(rng, rows, login, opened)
    return truth


def _tags(rng: Random, rows: Rows, login: str, opened: int) -> bool:
    """Tag a user with a stage, and with an interest or two; return whether the stage moved on."""
    adopted, moved = rng.random() < 0.5, opened + 15 * DAY
    tags = rows["tags.csv.gz"]
    tags.append(("person", login, "stage", "onboarding", local(opened),
                 local(moved) if adopted else "", "true", "rule", "",
                 local(moved if adopted else opened)))  # fmt: skip
    if adopted:
        tags.append(("person", login, "stage", "adopted", local(moved), "", "true", "rule", "",
                     local(moved)))  # fmt: skip
    for interest in ("reports", "stock")[: int(rng.random() * 3)]:
        tags.append(("person", login, "interest", interest, local(opened), "", "false", "manual",
                     staff.SUCCESS[0], local(opened)))  # fmt: skip
    return adopted
