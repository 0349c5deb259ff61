"""The first page: what is served, how the last night ended, what wants a person."""

from typing import Any

from throughline.page.alarms import read_incidents
from throughline.page.judged import by_night, read_checks
from throughline.page.reading import Here
from throughline.page.received import held_now
from throughline.page.served import read_served
from throughline.past_nights import known_nights, night_facts


def read_overview(here: Here) -> dict[str, Any]:
    """Served release, newest night, open incidents, held batches, checks of the last nights."""
    nights = known_nights(here)
    checks = read_checks(here)
    served = read_served(here)
    return {
        "served": next((r for r in served["releases"] if r["state"] == "served"), None),
        "freshness": served["freshness"],
        "night": night_facts(here, nights[-1]) if nights else None,
        "incidents": read_incidents(here),
        "held": held_now(here),
        "checks": by_night(checks["rows"], checks["nights"]),
    }
