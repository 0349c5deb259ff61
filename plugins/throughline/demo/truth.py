"""The truth manifest: what was really generated. Models never read it; tests do."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from throughline.demo.endpoints import AMBIGUOUS, UNKNOWN
from throughline.demo.facts import Dirt, Facts
from throughline.demo.plots import MRR
from throughline.demo.streams import BY_NAME
from throughline.demo.times import add_months
from throughline.demo.world import World


@dataclass(frozen=True)
class Truth:
    """Where the manifest stands and what it says."""

    path: Path
    data: dict[str, Any]


class Tally:
    """Counts of file rows: `rows` and `rejected` by (stream, window), `dirt` by kind and stream.

    `requests`: requests to the API by endpoint, each once however often it was shipped.
    """

    def __init__(self, vast: bool) -> None:
        self.rows: Counter = Counter()
        self.rejected: Counter = Counter()
        self.requests: Counter = Counter()
        self.dirt = Dirt(vast)

    def add(self, stream: str, window: str, rows: list[tuple], broken: list[tuple]) -> None:
        """Count what goes into a file."""
        self.rows[stream, window] += len(rows) + len(broken)
        for row in rows:
            if row[0] is not None:
                self.dirt.add(f"{row[0]}:{stream}", row[1])
        if stream == "api_requests":
            self.requests.update(row[7] for row in rows if row[0] is None)
        for reason, identifier, _ in broken:
            self.rejected[stream, window, reason] += 1
            self.dirt.add(f"rejected:{BY_NAME[stream].entity}:{reason}", identifier)


def manifest(
    world: World, tally: Tally, facts: Facts, crm: dict[str, int], end: date
) -> dict[str, Any]:
    """Sum up what is true up to the end of `end`; `crm` holds rows per table of the CRM."""
    listed = {**(tally.dirt.ids or {}), **(facts.dirt.ids or {})}
    return {
        "seed": world.seed, "size": world.size, "start": world.start, "end": end,
        "history_until": world.history_until,
        "files": _files(tally),
        "crm": crm,
        "dirt_counts": dict(sorted((tally.dirt.counts + facts.dirt.counts).items())),
        "dirt": dict(sorted(listed.items())),
        "channels": facts.channels(),
        "api": {"requests": dict(sorted(tally.requests.items())), "unknown_routes": UNKNOWN,
                "ambiguous": sorted(AMBIGUOUS)},
        "decisions": facts.decisions(),
        "scripted": _scripted(world, facts.scripts),
        "streaks": facts.streaks,
        "true_persons": facts.persons(),
        "shared": facts.shared,
    }  # fmt: skip


def _files(tally: Tally) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for (stream, window), rows in sorted(tally.rows.items()):
        reasons = {
            reason: count
            for (name, label, reason), count in sorted(tally.rejected.items())
            if (name, label) == (stream, window)
        }
        rejected = sum(reasons.values())
        entry = {"rows": rows, "accepted": rows - rejected, "rejected": reasons}
        known = out.setdefault(stream, {"entity": BY_NAME[stream].entity, "windows": {}})
        known["windows"][window] = entry
    return out


def _scripted(world: World, scripts: list[dict[str, Any]]) -> dict[str, Any]:
    months = [add_months(world.start, number).isoformat() for number in (-1, 0, 1, 2)]
    return {
        values["name"]: {
            **values,
            "native_mrr_at_month_end": {
                line: dict(zip(months, amounts, strict=True))
                for line, amounts in MRR[values["name"]].items()
            },
        }
        for values in scripts
    }
