"""What the growth team exported once: four experiments, their touches, and surveys.

Planted (spec: T7, T8, T9, T21): a tone that is clicked more often, an A/A test, a split that is not
the planned one, four send slots that make no difference, and waves of a survey counted exactly.
"""

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from throughline.demo import exports, staff
from throughline.demo.exports import Rows
from throughline.demo.times import DAY, date_of, local, start_of
from throughline.demo.world import World

ARM, SLOT_ARM = 6000, 2000
"""People per arm, where the company has as many users."""
BASE, FRIENDLY = 0.10, 0.13
SKEWED = 0.524
SLOTS = {"morning": 9, "noon": 12, "evening": 18, "night": 20}
ARMS = {"exp-tone": ("formal", "friendly"), "exp-slot": tuple(SLOTS), "exp-aa": ("a", "b"),
        "exp-split": ("old", "new")}  # fmt: skip
"""Arms of each experiment, the control first; equal shares are planned."""
BEFORE_THE_END, LASTING = 26, 20
"""Days from the start of every experiment to the end of history, and days that it runs."""
WAVES = ((6, 10, 4), (7, 9, 4), (5, 9, 6), (8, 8, 4), (4, 10, 6), (9, 8, 3))
"""Promoters, passives and detractors of each wave, the last one first, a wave a quarter; five times
as many where a hundred people can be asked, or as often as they suffice."""
UNANSWERED, SECOND_THOUGHTS = 60, 5

HEADERS = {
    "experiments.csv": "experiment_id,unit,arms,planned_n,primary_metric,start,end",
    "assignments.csv.gz": "experiment_id,unit_id,variant,assigned_at,exposed_at",
    "touch_tasks.csv": "task_id,kind,segment,created_at",
    "touches.csv.gz": "touch_id,task_id,experiment_id,variant,channel,staff_id,person_key,"
                      "sent_at,material_id,tone,send_slot",
    "touch_events.csv.gz": "touch_id,kind,ts",
    "nps.csv": "response_id,wave,person_key,score,sent_at,answered_at",
}  # fmt: skip


def write(folder: Path, world: World, users: list[tuple[int, str]]) -> dict[str, Any]:
    """Write the exports below `growth/` where there are none; returns what is true of them.

    `users`: second of the first day and login of the product's users, in the order of the story.
    """
    rows = exports.blank(HEADERS)
    rng = Random(f"trials:{world.seed}")
    begin = start_of(world.history_until.toordinal() - BEFORE_THE_END)
    people = [login for opened, login in users if opened < begin][: 2 * ARM]
    people = people[: len(people) // 4 * 4]
    truth = {
        "experiments": _experiments(rng, rows, people, begin),
        "nps": _surveys(rng, rows, people, begin),
    }
    exports.write(folder / "growth", HEADERS, rows)
    return truth


def _experiments(rng: Random, rows: Rows, people: list[str], begin: int) -> dict[str, Any]:
    """Tell the four experiments; returns people and clicks of each arm."""
    few = people[: len(SLOTS) * SLOT_ARM]
    arms = {name: _even(rng, few if name == "exp-slot" else people, ARMS[name]) for name in ARMS}
    old = set(rng.sample(people, round(SKEWED * len(people))))
    arms["exp-split"] = {who: "old" if who in old else "new" for who in people}
    rates = {"formal": BASE, "friendly": FRIENDLY}
    clicked = {who for who, arm in arms["exp-tone"].items() if rng.random() < rates[arm]}
    hits = dict.fromkeys(ARMS, clicked) | {"exp-slot": {w for w in few if rng.random() < BASE}}
    for name, given in arms.items():
        _declare(rng, rows, name, given, begin)
    _touch(rng, rows, "exp-tone", arms["exp-tone"], clicked, begin + 6 * DAY)
    _touch(rng, rows, "exp-slot", arms["exp-slot"], hits["exp-slot"], begin + 12 * DAY)
    return {name: _by_arm(given, hits[name]) for name, given in arms.items()}


def _even(rng: Random, people: list[str], arms: tuple[str, ...]) -> dict[str, str]:
    """Everybody's arm, drawn so that every arm has as many."""
    drawn = [arms[number % len(arms)] for number in range(len(people))]
    rng.shuffle(drawn)
    return dict(zip(people, drawn, strict=True))


def _by_arm(arms: dict[str, str], hit: set[str]) -> dict[str, dict[str, int]]:
    people, hits = Counter(arms.values()), Counter(arms[who] for who in hit if who in arms)
    return {arm: {"people": people[arm], "clicked": hits[arm]} for arm in sorted(people)}


def _declare(rng: Random, rows: Rows, name: str, arms: dict[str, str], begin: int) -> None:
    """Declare an experiment of equal shares, and who was assigned what; a fifth never saw it."""
    shares = ",".join(f"{arm}={1 / len(ARMS[name]):g}" for arm in ARMS[name])
    end = begin + LASTING * DAY
    planned = (name, "person", shares, len(arms), "clicked", local(begin), local(end))
    rows["experiments.csv"].append(planned)
    rows["touch_tasks.csv"].append((f"task-{name}", "campaign", name, local(begin)))
    for who, arm in arms.items():
        assigned = begin + int(rng.random() * 2 * DAY)
        seen = local(assigned + 3 * DAY) if rng.random() < 0.8 else ""
        rows["assignments.csv.gz"].append((name, who, arm, local(assigned), seen))


def _touch(
    rng: Random, rows: Rows, name: str, arms: dict[str, str], clicked: set[str], begin: int
) -> None:
    """Send everybody of an experiment one message; some open its link within the hour."""
    for who, arm in arms.items():
        hour = SLOTS.get(arm, 10)
        sent = begin + hour * 3600 + int(rng.random() * 3600)
        touch = f"{name}-{who}"
        tone, slot = (arm, "") if name == "exp-tone" else ("formal", arm)
        sender = staff.SUCCESS[int(rng.random() * len(staff.SUCCESS))]
        rows["touches.csv.gz"].append((touch, f"task-{name}", name, arm, "inapp", sender, who,
                                       local(sent), f"mat-{name}", tone, slot))  # fmt: skip
        if who in clicked:
            opened = sent + 30 + int(rng.random() * 3000)
            rows["touch_events.csv.gz"].append((touch, "clicked", local(opened)))


def _surveys(rng: Random, rows: Rows, people: list[str], begin: int) -> dict[str, Any]:
    """Ask for a recommendation every quarter; a few answer twice, and their last word counts.

    The last wave is sent as the experiments begin; waves before most people came are left out.
    """
    truth: dict[str, Any] = {}
    fold = min(5, len(people) // 20)
    waves = WAVES if len(people) >= 2 * ARM else WAVES[:1]
    for number, parts in enumerate(waves):
        promoters, passives, detractors = (fold * part for part in parts)
        sent = begin - 90 * DAY * number + 10 * 3600
        wave = f"{date_of(sent):%Y-%m}"
        scores = [9 + int(rng.random() * 2) for _ in range(promoters)]
        scores += [7 + int(rng.random() * 2) for _ in range(passives)]
        scores += [int(rng.random() * 7) for _ in range(detractors)]
        rng.shuffle(scores)
        asked = [*scores, *[None] * UNANSWERED][: len(people)]
        for place, score in enumerate(asked):
            answered = sent + 600 + int(rng.random() * 2 * DAY)
            if place < SECOND_THOUGHTS:
                first = (f"nps-{wave}-{place}-first", 10 - (score or 0), answered - 300)
                rows["nps.csv"].append(_answer(first, wave, people[place], sent))
            given = (f"nps-{wave}-{place}", score, answered)
            rows["nps.csv"].append(_answer(given, wave, people[place], sent))
        truth[wave] = {"promoters": promoters, "passives": passives, "detractors": detractors,
                       "nps": promoters - detractors}  # fmt: skip
    return truth


def _answer(
    given: tuple[str, int | None, int], wave: str, login: str, sent: int
) -> tuple[Any, ...]:
    name, score, answered = given
    if score is None:
        return name, wave, login, "", local(sent), ""
    return name, wave, login, score, local(sent), local(answered)
