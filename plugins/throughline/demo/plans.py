"""What marketing plans and counts beside the story: budgets and downloads from app stores."""

from datetime import date
from random import Random

from throughline.demo.exports import Rows
from throughline.demo.fairs import PLANNED
from throughline.demo.times import add_months
from throughline.demo.world import World

BUDGETS = {"sem_baidu": 160_000, "feed_tencent": 40_000, "dsp": 60_000, "social_weibo": 80_000,
           "content_wechat": 100_000, "event": 120_000}  # fmt: skip
"""CNY a month at scale 1."""
STORES = (("huawei", "hw-01", ""), ("huawei", "dsp-07", "dsp"), ("tencent", "tx-03",
          "feed_tencent"), ("apple", "(none)", ""))  # fmt: skip


def export(world: World, rows: Rows) -> None:
    """Add a budget per channel and month, a year ahead, and downloads per store and day."""
    month, last = world.start, add_months(world.history_until.replace(day=1), PLANNED)
    whole = sum(BUDGETS.values())
    while month <= last:
        for channel, amount in BUDGETS.items():
            share = amount / whole
            rows["budgets.csv"].append((channel, month, f"{amount * world.scale:.2f}", "CNY",
                                        f"{share * 0.8:.3f}", f"{share * 1.2:.3f}"))  # fmt: skip
        month = add_months(month, 1)
    rng = Random(f"downloads:{world.seed}")
    for number in range(world.start.toordinal(), world.history_until.toordinal() + 1):
        for store, package, channel in STORES:
            count = int(12 * max(0.5, world.scale) * (0.6 + 0.8 * rng.random()))
            day = date.fromordinal(number)
            rows["downloads.csv.gz"].append((store, package, day, count, channel))
