"""Four campaign pages in a row, one of which loses visitors on the phone (spec: T13).

Every step loses 15 of a hundred, but the third on mobile loses 40; most of those read the terms of
payment instead.
"""

from random import Random
from typing import Any

from throughline.demo.exports import Rows
from throughline.demo.pages import Reader, clicked, viewed
from throughline.demo.times import start_of
from throughline.demo.world import World

STEPS = (("/h5/start", "home"), ("/h5/tour", "product"), ("/h5/quote", "pricing"),
         ("/h5/apply", "demo"))  # fmt: skip
LOSS, LEAK, LEAKING = 0.15, 0.40, 2
"""Share lost before each step, and before the leaking one (counted from 0) on mobile."""
TERMS, ELSEWHERE = "/h5/terms", ("/h5/faq", "/h5/about", "/h5/start")
TO_THE_TERMS = 0.6
VISITORS, FEWEST = 1500, 100
"""Visitors of each device at the default size and above, and at least."""
POSTER = ("wechat", "content", "wx_h5")


def export(world: World, rows: Rows) -> dict[str, Any]:
    """Add every visit, and a click on the button to each next page; returns who reached what."""
    rng = Random(f"leak:{world.seed}")
    truth: dict[str, Any] = {"steps": [path for path, _ in STEPS], "leak": TERMS, "reached": {}}
    first, days = world.start.toordinal(), (world.history_until - world.start).days
    for device in ("mobile", "desktop"):
        count = max(FEWEST, round(VISITORS * min(1, world.scale)))
        reached = _reached(count, device)
        truth["reached"][device] = reached
        when = rng.sample(range(count), count)
        for place in range(count):
            address = f"198.19.{place // 250}.{1 + place % 250}"
            who = Reader(f"ck-h5-{device[0]}{place:05d}", device, address)
            day = first + when[place] * days // count
            second = start_of(day) + 9 * 3600 + int(rng.random() * 12 * 3600)
            steps = sum(place < known for known in reached)
            _walk(rng, rows, who, second, steps, place - reached[min(steps, 3)])
    return truth


def _reached(count: int, device: str) -> list[int]:
    """How many get to each step."""
    found = [count]
    for step in range(1, len(STEPS)):
        lost = LEAK if device == "mobile" and step == LEAKING else LOSS
        found.append(round(found[-1] * (1 - lost)))
    return found


def _walk(rng: Random, rows: Rows, who: Reader, second: int, steps: int, number: int) -> None:
    """Walk one visitor over the first `steps` pages, and off the way if it is not all of them.

    `number`: how many were lost at the same step before; of ten at the leak six read the terms.
    """
    for step, (path, module) in enumerate(STEPS[:steps]):
        viewed(rows, who, second, path, module, "", POSTER if step == 0 else None)
        second += 20 + int(rng.random() * 60)
        if step < steps - 1:
            clicked(rows, who, second - 2, path, "#next", "下一步")
    if steps == len(STEPS):
        return
    leaks = who.device == "mobile" and steps == LEAKING and number % 10 < 10 * TO_THE_TERMS
    if leaks:
        viewed(rows, who, second, TERMS, "pricing", "")
    elif number % 2:
        viewed(rows, who, second, ELSEWHERE[number // 2 % len(ELSEWHERE)], "home", "")
