"""Where the site's keywords stand in search, every day; one falls and is gone (spec: T22)."""

from datetime import date
from random import Random
from typing import Any

from throughline.demo.ledger import Ledger
from throughline.demo.world import World

FALLING = "进销存软件"
KEYWORDS = {"erp 系统": 7, "crm 怎么选": 12, "库存管理": 24, "报表工具": 40, "对账软件": 61}
"""Usual rank of the keywords that nothing happens to."""
DEVICES = ("desktop", "mobile")
FALL, GONE = 30, 45
"""Days of the world from which the falling keyword stands 18th instead of 3rd, and nowhere."""
HIGH, LOW = 3, 18
HEADER = "engine,device,keyword,date,rank,url,impressions,clicks"


def rank_of_falling(offset: int) -> int | None:
    """Rank of the falling keyword on a day of the world, None when it is not ranked."""
    return HIGH if offset < FALL else LOW if offset < GONE else None


def day(ledger: Ledger, world: World, number: int) -> None:
    """Emit a day's ranks, both devices of every keyword."""
    rng = Random(f"{world.seed}:{number}:seo")
    falling = rank_of_falling(number - world.start.toordinal())
    for device in DEVICES:
        _rank(rng, ledger, number, device, FALLING, falling)
        for keyword, usual in KEYWORDS.items():
            _rank(rng, ledger, number, device, keyword, usual + int(rng.random() * 5) - 2)


def _rank(
    rng: Random, ledger: Ledger, number: int, device: str, keyword: str, rank: int | None
) -> None:
    shown = 0 if rank is None else int(4000 / rank * (0.8 + 0.4 * rng.random()))
    clicks = 0 if rank is None else int(shown * 0.3 / rank)
    row = ("baidu", device, keyword, date.fromordinal(number), rank,
           "" if rank is None else "https://www.throughline.example/", shown, clicks)  # fmt: skip
    ledger.emit("seo_ranks", number, (None, f"{device}:{keyword}:{row[3]}", *row))


def truth(world: World) -> dict[str, Any]:
    """What the manifest says of the falling keyword."""
    first = world.start.toordinal()
    return {
        "keyword": FALLING, "rank": HIGH, "falls_to": LOW,
        "falls_on": date.fromordinal(first + FALL), "gone_from": date.fromordinal(first + GONE),
    }  # fmt: skip
