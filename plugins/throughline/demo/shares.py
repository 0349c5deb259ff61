"""What staff had to share, whether they did, and what readers did then (spec: T24).

Half of the sales development team does 18 of 20 tasks in time, half 10 of 20. Of those who read
what the first half shared 12 of a hundred leave a form within the day, of the others' readers 6.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from throughline.demo import staff
from throughline.demo.crowd import Crowd
from throughline.demo.exports import Rows
from throughline.demo.times import DAY, local, start_of
from throughline.demo.world import World

TASKS = 20
DONE = {"diligent": 18, "lax": 10}
READERS = 50
"""Readers per fold and group."""
CAPTURED = {"diligent": 6, "lax": 3}
GROUPS = {"diligent": staff.SDR[: len(staff.SDR) // 2], "lax": staff.SDR[len(staff.SDR) // 2 :]}
LEFT = sum(CAPTURED.values())
OTHERS = 2 * READERS - LEFT
"""Visitors with and without a form that one fold of the crowd takes."""
TYPES = ("article", "case", "insight", "report", "video")
TOPICS = ("库存", "对账", "客户", "报表")


@dataclass(frozen=True)
class Link:
    """A short link that somebody made for a piece of content, from a second on."""

    code: str
    content_id: str
    made: int


def export(world: World, rows: Rows, crowd: Crowd) -> dict[str, Any]:
    """Add contents, tasks, links and readings; returns what is true of each half of the team."""
    rng, truth = Random(f"shares:{world.seed}"), {}
    given = _publish(world, rows)
    for group, people in GROUPS.items():
        made = {who: _work(rows, who, given, DONE[group]) for who in people}
        left = CAPTURED[group] * crowd.fold
        readers = crowd.take(left, READERS * crowd.fold - left)
        for (second, cookie, _), _ in readers:
            _read(rng, rows, second - 20, cookie, made[people[int(rng.random() * len(people))]])
        truth[group] = {"staff": people, "tasks": TASKS * len(people), "readers": len(readers),
                        "in_time": DONE[group] * len(people), "captured": left}  # fmt: skip
    return truth


def _publish(world: World, rows: Rows) -> list[tuple[str, int]]:
    """A piece of content for every task, published over all of history on the day it is given."""
    first, days = world.start.toordinal(), (world.history_until - world.start).days
    found = []
    for place in range(TASKS):
        content_id, second = f"art-{place + 1:02d}", start_of(first + place * days // TASKS)
        topic = TOPICS[place % len(TOPICS)]
        rows["contents.csv"].append((content_id, TYPES[place % len(TYPES)], f"{topic}实务 {place}",
                                     topic, "制造" if place % 2 else "零售", f"/share/{content_id}",
                                     local(second + 8 * 3600)))  # fmt: skip
        found.append((content_id, second + 9 * 3600))
    return found


def _work(rows: Rows, who: str, given: list[tuple[str, int]], done: int) -> list[Link]:
    """Give somebody every task; the first and most others are done, one of the rest too late."""
    missed = {place * TASKS // (TASKS - done) + 1 for place in range(TASKS - done)}
    links = []
    for place, (content_id, assigned) in enumerate(given):
        due = assigned + 2 * DAY
        ready = assigned + 3 * 3600 if place not in missed else None
        if place == min(missed):
            ready = due + DAY
        rows["staff_tasks.csv"].append(
            (f"share-{content_id}", who, "share", "one_click" if place % 2 else "manual",
             content_id, local(assigned), local(due), local(ready), "true"))  # fmt: skip
        if ready is None:
            continue
        code = f"{content_id}-{who[2:]}"
        links.append(Link(code, content_id, ready))
        rows["links.csv"].append(
            (code, f"https://www.throughline.example/share/{content_id}?s={code}", "wechat",
             "content", "wx_share", "moments", who, local(ready)[:10]))  # fmt: skip
    return links


def _read(rng: Random, rows: Rows, second: int, cookie: str, links: list[Link]) -> None:
    """Open somebody's latest link, and see, read and now and then pass on what it leads to."""
    link = [known for known in links if known.made < second][-1]
    name = f"{second:x}-{cookie[3:]}"
    rows["link_clicks.csv.gz"].append((f"lc-{name}", link.code, local(second - 2), "link", cookie))
    told = [("view", second, link.code, 5 + int(rng.expovariate(1 / 40)))]
    told += [("share", second + 12, f"re-{name}", "")] if rng.random() < 0.05 else []
    told += [("like", second + 10, "", "")] if rng.random() < 0.1 else []
    for kind, moment, share, stay in told:
        rows["content_events.csv.gz"].append(
            (f"ce-{name}-{kind}", link.content_id, cookie, local(moment), local(moment + 1), kind,
             share, stay, "h5"))  # fmt: skip
