"""A change of sales policy (spec: T12): from a day on, more valid leads become opportunities.

Who is pursued in addition is drawn on a stream of its own and never buys, so that nothing else that
the world tells changes.
"""

from datetime import date, timedelta
from random import Random

from throughline.demo.channels import Channel
from throughline.demo.leads import LOST, LOST_OF_PAID, VALID, Lead
from throughline.demo.times import start_of
from throughline.demo.world import World

GAIN = 0.06
"""Share of all valid leads of any channel that the policy turns into opportunities."""


def begins(world: World) -> date:
    """First day of the policy: a first of a month near the middle of history."""
    middle = world.start + (world.history_until - world.start) / 2 + timedelta(days=15)
    return middle.replace(day=1)


def in_force(world: World, valid: int) -> bool:
    """Whether a lead that is found valid at a second falls under the policy."""
    return valid >= start_of(begins(world).toordinal())


def pursuit(world: World, lead: Lead, valid: int) -> Random | None:
    """The random stream of a valid lead that is pursued only by the policy, None for others."""
    if lead.fate != "valid" or not in_force(world, valid):
        return None
    rng = Random(f"policy:{world.seed}:{lead.lead_id}")
    return rng if rng.random() < GAIN / _left(lead.channel) else None


def _left(channel: Channel) -> float:
    """Share of a channel's valid leads that nobody pursues without the policy."""
    return VALID / (channel.paid_rate * (1 + LOST_OF_PAID) + LOST + VALID)
