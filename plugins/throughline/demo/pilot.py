"""Events of a free pilot: new users, what they tried in their first week, and who was back (T5).

Planted: who exports a report in the first week comes back in the fourth more often. Two features
make no difference; a third is used by eager users, who come back more often anyway. What the leads
of `priority` did in the product is in the same export.
"""

from pathlib import Path
from random import Random
from typing import Any

from throughline.demo import exports, priority
from throughline.demo.exports import Rows
from throughline.demo.times import local, start_of
from throughline.demo.world import World

EVENTS = "pilot_events.csv.gz"
HEADERS = {
    EVENTS: "event_id,type,event,distinct_id,login_id,original_id,event_time,received_at,os,lib"
}
KEY, CONFOUNDED, PLACEBOS = "export_report", "import_products", ("view_dashboard", "search_product")
BACK = "create_quote"
"""What everybody does who is back in the fourth week; nobody tries it before."""
BASE, OF_KEY, OF_EAGER = 0.25, 0.15, 0.20
"""Share of users who are back, and what the key feature and being eager add to it."""
TRIED = {KEY: (0.4, 0.4), CONFOUNDED: (0.15, 0.65), **dict.fromkeys(PLACEBOS, (0.3, 0.3))}
"""Share of other, and of eager, users who try a feature in the first week."""
EAGER_DAYS = 5
"""Days with a login in the first week of an eager user, at least; of others at most two."""


def write(folder: Path, world: World) -> dict[str, Any]:
    """Write the export below `growth/` where there is none; return what is true of it."""
    rng, rows = Random(f"pilot:{world.seed}"), exports.blank(HEADERS)
    counts = {name: {"tried": 0, "tried_back": 0, "others": 0, "others_back": 0} for name in TRIED}
    people, last = max(200, min(4000, round(4000 * world.scale))), world.history_until.toordinal()
    for number in range(people):
        first = last - 40 - int(rng.random() * 40)
        tried, back = _user(rng, rows, f"u-pilot-{number:05d}", first)
        for name, count in counts.items():
            side = "tried" if name in tried else "others"
            count[side] += 1
            count[f"{side}_back"] += back
    priority.use(world, EVENTS, rows)
    exports.write(folder / "growth", HEADERS, rows)
    return {"pilot": {"people": people, "features": counts}}


def _user(rng: Random, rows: Rows, login: str, first: int) -> tuple[set[str], bool]:
    """Tell a user from the first day on; return what was tried, and whether the user is back."""
    eager = rng.random() < 0.5
    busy = EAGER_DAYS + int(rng.random() * 2) if eager else 1 + int(rng.random() * 2)
    days = [first, *sorted(rng.sample(range(first + 1, first + 7), busy - 1))]
    for day in days:
        _event(rng, rows, login, day, "login")
    tried = {name for name, shares in TRIED.items() if rng.random() < shares[eager]}
    for name in sorted(tried):
        _event(rng, rows, login, days[int(rng.random() * len(days))], name)
    back = rng.random() < BASE + OF_KEY * (KEY in tried) + OF_EAGER * eager
    if back:
        _event(rng, rows, login, first + 22 + int(rng.random() * 7), BACK)
    return tried, back


def _event(rng: Random, rows: Rows, login: str, day: int, name: str) -> None:
    second = start_of(day) + 9 * 3600 + int(rng.random() * 9 * 3600)
    identifier = f"pilot-{len(rows[EVENTS])}"
    rows[EVENTS].append((identifier, "track", name, login, login, "", local(second),
                         local(second + 1), "Windows", "js"))  # fmt: skip
