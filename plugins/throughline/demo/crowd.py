"""Visitors that the story brought anyway, to whom something more is told to have happened."""

from dataclasses import dataclass
from random import Random

from throughline.demo.times import DAY, start_of
from throughline.demo.world import World

Seen = tuple[int, str, bool]
"""Second of a visitor's first page view, cookie, and whether that visit left a form."""
SETTLED = 15
"""Days of the world after which visitors are taken."""
AT_MOST = 30


@dataclass
class Crowd:
    """Visitors in random order, each taken once; `fold` says how many there are to take from."""

    left: list[Seen]
    others: list[Seen]
    fold: int

    def take(self, left: int, others: int) -> list[tuple[Seen, bool]]:
        """So many visitors who left a form, and so many who never do."""
        found = [(self.left.pop(), True) for _ in range(left)]
        return found + [(self.others.pop(), False) for _ in range(others)]


def gather(world: World, seen: list[Seen], left: int, others: int) -> Crowd:
    """Those of the settled part of history, mixed.

    `fold`: how many times `left` visitors with a form and `others` without suffice, at most 30.
    """
    begin = start_of(world.start.toordinal() + SETTLED)
    end = start_of(world.history_until.toordinal()) - DAY
    rng, known = Random(f"crowd:{world.seed}"), [one for one in seen if begin < one[0] < end]
    crowd = Crowd([one for one in known if one[2]], [one for one in known if not one[2]], 0)
    rng.shuffle(crowd.left)
    rng.shuffle(crowd.others)
    crowd.fold = min(AT_MOST, len(crowd.left) // left, len(crowd.others) // others)
    return crowd
