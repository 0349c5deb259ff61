"""The truth manifest: what was really generated. Models never read it; tests do."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from throughline.demo.crm_versions import state_counts
from throughline.demo.ledger import Ledger
from throughline.demo.plots import MRR
from throughline.demo.streams import BY_NAME
from throughline.demo.times import add_months, start_of
from throughline.demo.world import World


@dataclass(frozen=True)
class Truth:
    """Where the manifest stands and what it says."""

    path: Path
    data: dict[str, Any]


@dataclass
class Tally:
    """Counts of file rows: `rows` and `rejected` by (stream, window), `dirt` ids by kind."""

    rows: Counter = field(default_factory=Counter)
    rejected: Counter = field(default_factory=Counter)
    dirt: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, stream: str, window: str, rows: list[tuple], broken: list[tuple]) -> None:
        """Count what goes into a file."""
        self.rows[stream, window] += len(rows) + len(broken)
        for row in rows:
            if row[0] is not None:
                self.dirt[f"{row[0]}:{stream}"].append(row[1])
        for reason, identifier, _ in broken:
            self.rejected[stream, window, reason] += 1
            self.dirt[f"rejected:{BY_NAME[stream].entity}:{reason}"].append(identifier)


def manifest(world: World, ledger: Ledger, tally: Tally, end: date) -> dict[str, Any]:
    """Sum up what is true up to the end of `end`."""
    limit = start_of(end.toordinal() + 1)
    facts = [fact for fact in ledger.facts if fact[1] < limit]
    dirt = {kind: list(found) for kind, found in tally.dirt.items()}
    for kind, identifier, second in ledger.marks:
        if second < limit:
            dirt.setdefault(kind, []).append(identifier)
    return {
        "seed": world.seed, "size": world.size, "start": world.start, "end": end,
        "history_until": world.history_until,
        "files": _files(tally),
        "crm": state_counts(ledger, end),
        "dirt_counts": {kind: len(found) for kind, found in sorted(dirt.items())},
        "dirt": dict(sorted(dirt.items())),
        "channels": _channels(facts),
        "scripted": _scripted(world, facts),
        "streaks": [values for kind, _, values in facts if kind == "streak"],
        "true_persons": _persons(facts),
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


def _channels(facts: list[tuple]) -> dict[str, Any]:
    """Leads, first contracts, cash (CNY) and spend by the channel of the true first touch.

    `observed` says the same of the channel that the data shows: a paid visit that lost its utm
    values looks like its referrer.
    """
    out: dict[str, Any] = {}
    for view in ("channel", "observed"):
        rows: dict[str, Any] = defaultdict(
            lambda: {"leads": 0, "customers": set(), "cash_cny": Decimal(0)}
        )
        for kind, _, values in facts:
            if kind == "lead":
                rows[values[view]]["leads"] += 1
            elif kind == "contract" and values["kind"] == "new":
                rows[values[view]]["customers"].add(values["account_id"])
            elif kind == "cash" and values["currency"] == "CNY":
                rows[values[view]]["cash_cny"] += Decimal(str(values["amount"]))
        out[view] = {
            name: {**row, "customers": len(row["customers"])} for name, row in sorted(rows.items())
        }
    out["spend_cny"] = _spend(facts)
    return out


def _spend(facts: list[tuple]) -> dict[str, Decimal]:
    latest = {
        (values["channel"], values["key"]): values["cost"]
        for kind, second, values in sorted(facts, key=lambda fact: fact[1])
        if kind == "spend"
    }
    out: dict[str, Decimal] = defaultdict(Decimal)
    for (channel, _), cost in latest.items():
        out[channel] += Decimal(str(cost))
    return dict(sorted(out.items()))


def _scripted(world: World, facts: list[tuple]) -> dict[str, Any]:
    months = [add_months(world.start, number).isoformat() for number in (-1, 0, 1, 2)]
    out = {}
    for kind, _, values in facts:
        if kind == "script":
            mrr = {
                line: dict(zip(months, amounts, strict=True))
                for line, amounts in MRR[values["name"]].items()
            }
            out[values["name"]] = {**values, "native_mrr_at_month_end": mrr}
    return out


def _persons(facts: list[tuple]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for kind, _, values in facts:
        if kind == "node":
            groups[values["person"]].append(values["node"])
        elif kind == "lead" and f"lead_id:{values['lead_id']}" not in groups[values["person"]]:
            groups[values["person"]].append(f"lead_id:{values['lead_id']}")
    return {person: sorted(set(nodes)) for person, nodes in groups.items()}
