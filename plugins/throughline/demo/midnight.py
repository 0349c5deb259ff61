"""Page views one second around midnight of the business zone (spec: W, I10)."""

from datetime import timedelta
from random import Random

from throughline.demo import visits
from throughline.demo.channels import BY_NAME
from throughline.demo.ledger import Ledger
from throughline.demo.times import date_of, start_of
from throughline.demo.world import World


def tell(ledger: Ledger, world: World) -> None:
    """Emit views at 23:59:59, 00:00:00 and 00:00:01 as the world's eleventh day begins."""
    rng = Random("midnight")
    day = (world.start + timedelta(days=10)).toordinal()
    visitor = visits.new_visitor(rng, ledger, day, 99_999, BY_NAME["direct"])
    visitor.kind = None
    for offset in (-1, 0, 1):
        second = start_of(day) + offset
        identifier = f"pv-midnight-{offset:+d}"
        row = (identifier, visitor, second * 1000, second * 1000 + 500, "/", "home", "", None, None)
        ledger.emit("pageviews", date_of(second).toordinal(), (None, *row))
        ledger.mark("midnight", identifier, second)
