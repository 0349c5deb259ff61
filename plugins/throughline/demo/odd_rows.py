"""CRM rows that belong to nothing."""

from random import Random

from throughline.demo import staff
from throughline.demo.ledger import Ledger
from throughline.demo.visits import moment_of
from throughline.demo.world import World

ORPHANS_A_DAY = 0.009
"""At scale 1; about one opportunity in a thousand."""


def plant(rng: Random, ledger: Ledger, world: World, day: int) -> None:
    """Now and then, and always on the world's 26th day, an opportunity without its account."""
    wanted = rng.random() < ORPHANS_A_DAY * world.scale
    if not wanted and day - world.start.toordinal() != 25:
        return
    second = moment_of(rng, day)
    row = {
        "opportunity_id": f"opp-orphan-{day:x}", "account_id": f"acc-gone-{day:x}", "type": "new",
        "business_line": "erp", "accepted_at": None, "stage": "discovery", "amount": 5000,
        "currency": "CNY", "owner_id": staff.SALES[0], "is_deleted": False, "is_test": False,
    }  # fmt: skip
    ledger.save("opportunities", second, row)
    stay = {"opportunity_id": row["opportunity_id"], "entered_at": second, "stage": "discovery",
            "exited_at": None, "moved_by": staff.SALES[0], "is_deleted": False,
            "is_test": False}  # fmt: skip
    ledger.save("opportunity_stages", second, stay)
    ledger.mark("orphan_opportunity", row["opportunity_id"], second)
