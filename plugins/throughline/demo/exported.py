"""What systems exported when history ended, and what the truth manifest says of it."""

from datetime import date
from pathlib import Path
from typing import Any

from throughline.demo import campaigns, end_customers, friends, pilot, policy, shop, success, trials
from throughline.demo.facts import Facts
from throughline.demo.world import World


def write(folder: Path, world: World, facts: Facts, end: date, data: dict[str, Any]) -> None:
    """Write the exports where there are none, and add to `data` what is true of them."""
    sold = shop.write(folder, world, end)
    data["files"] |= sold.pop("files")
    data |= sold | friends.write(folder, world) | success.write(folder, world, facts)
    data |= end_customers.write(folder, world, facts.users) | pilot.write(folder, world)
    data |= trials.write(folder, world, facts.users)
    data |= campaigns.write(folder, world, facts.visitors)
    data["policy"] = {
        "begins": policy.begins(world), "gain": policy.GAIN,
        **{side: {what: facts.valid[side, what] for what in ("valid", "opened")}
           for side in ("before", "after")},
    }  # fmt: skip
