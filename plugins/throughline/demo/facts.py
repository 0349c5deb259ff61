"""What the truth manifest sums up of a story, taken from its ledger day by day."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from throughline.demo.ledger import Ledger
from throughline.demo.times import start_of

VIEWS = ("channel", "observed")
"""Channel of the true first touch, and what the data shows of it: a paid visit that lost its utm
values looks like its referrer."""


ENOUGH = 5000
"""Leads, and contacts, that are remembered by name."""


class Dirt:
    """Planted dirt by kind: counts, and the ids unless they are too many to be listed."""

    def __init__(self, vast: bool) -> None:
        self.counts: Counter[str] = Counter()
        self.ids: dict[str, list[str]] | None = None if vast else defaultdict(list)

    def add(self, kind: str, identifier: str) -> None:
        """Count, and list, one piece."""
        self.counts[kind] += 1
        if self.ids is not None:
            self.ids[kind].append(identifier)


class Facts:
    """Facts and marks of what happened up to the end of `end`; later ones are left out."""

    def __init__(self, end: date, vast: bool) -> None:
        self._limit, self._vast = start_of(end.toordinal() + 1), vast
        self.dirt = Dirt(vast)
        self.scripts: list[dict[str, Any]] = []
        self.streaks: list[dict[str, Any]] = []
        self.shared: dict[str, list[dict[str, Any]]] = {"devices": [], "phones": []}
        self.users: list[tuple[int, str]] = []
        self.visitors: list[tuple[int, str, bool]] = []
        self.valid: Counter[tuple[str, str]] = Counter()
        self._decisions: dict[str, Counter[str]] = {"stayed": Counter(), "left": Counter()}
        self.known: dict[str, list[tuple[int, str]]] = {"lead_id": [], "contact_id": []}
        self._leads: dict[str, Counter[str]] = {view: Counter() for view in VIEWS}
        self._customers: dict[str, defaultdict] = {view: defaultdict(set) for view in VIEWS}
        self._cash: dict[str, defaultdict] = {view: defaultdict(Decimal) for view in VIEWS}
        self._spend: dict[tuple[str, str], tuple[int, Any]] = {}
        self._nodes: dict[str, list[str]] = defaultdict(list)

    def take(self, ledger: Ledger) -> None:
        """Sum up what the ledger has noted, and let it forget that."""
        for kind, second, values in ledger.facts:
            if second < self._limit:
                self._note(kind, second, values)
        for kind, identifier, second in ledger.marks:
            if second < self._limit:
                self.dirt.add(kind, identifier)
        ledger.facts.clear()
        ledger.marks.clear()

    def channels(self) -> dict[str, Any]:
        """Leads, first contracts and cash (CNY) by channel in both views, and spend."""
        out: dict[str, Any] = {}
        for view in VIEWS:
            names = {*self._leads[view], *self._customers[view], *self._cash[view]}
            out[view] = {
                name: {
                    "leads": self._leads[view][name],
                    "customers": len(self._customers[view].get(name, ())),
                    "cash_cny": self._cash[view].get(name, Decimal(0)),
                }
                for name in sorted(names)
            }
        spent: dict[str, Decimal] = defaultdict(Decimal)
        for (channel, _), (_, cost) in self._spend.items():
            spent[channel] += Decimal(str(cost))
        out["spend_cny"] = dict(sorted(spent.items()))
        return out

    def persons(self) -> dict[str, list[str]]:
        """Identity nodes of every true person; none in a vast world."""
        return {person: sorted(set(nodes)) for person, nodes in self._nodes.items()}

    def decisions(self) -> dict[str, dict[str, int]]:
        """Ends of contracts in history by outcome, how many dipped before, and uses before them."""
        said = ("contracts", "dipped", "uses_before", "uses_last")
        return {
            outcome: {what: counts[what] for what in said}
            for outcome, counts in self._decisions.items()
        }

    def _note(self, kind: str, second: int, values: dict[str, Any]) -> None:
        match kind:
            case "lead":
                self._node(values["person"], f"lead_id:{values['lead_id']}")
            case "node":
                self._node(values["person"], values["node"])
                self._remember(second, values["node"])
            case "other_node":  # known to identity, and no subject of other stories
                self._node(values["person"], values["node"])
            case "valid":
                self._valid(values)
            case "spend":
                key = values["channel"], values["key"]
                if second >= self._spend.get(key, (second,))[0]:
                    self._spend[key] = second, values["cost"]
            case "decision":
                self._decide(values)
            case _:
                self._list(kind, second, values)
        for view in VIEWS:
            self._credit(view, kind, values)

    def _list(self, kind: str, second: int, values: dict[str, Any]) -> None:
        match kind:
            case "script":
                self.scripts.append(values)
            case "streak":
                self.streaks.append(values)
            case "shared_device" if not self._vast:
                self.shared["devices"].append(values)
            case "shared_phone" if not self._vast:
                self.shared["phones"].append(values)
            case "user":
                self.users.append((second, values["login"]))
            case "visitor":
                self.visitors.append((second, values["cookie"], values["left"]))

    def _credit(self, view: str, kind: str, values: dict[str, Any]) -> None:
        match kind:
            case "lead":
                self._leads[view][values[view]] += 1
            case "contract" if values["kind"] == "new":
                self._customers[view][values[view]].add(values["account_id"])
            case "cash" if values["currency"] == "CNY":
                self._cash[view][values[view]] += Decimal(str(values["amount"]))

    def _valid(self, values: dict[str, Any]) -> None:
        """Count a valid lead, and whether its opportunity was opened by now."""
        opened, side = values["opened"], "after" if values["in_force"] else "before"
        self.valid[side, "valid"] += 1
        self.valid[side, "opened"] += opened is not None and opened < self._limit

    def _decide(self, values: dict[str, Any]) -> None:
        counts = self._decisions["stayed" if values["stays"] else "left"]
        counts["contracts"] += 1
        counts["dipped"] += values["dips"]
        for what in ("uses_before", "uses_last"):
            counts[what] += values[what]

    def _remember(self, second: int, node: str) -> None:
        """Remember the first leads and contacts by name, whatever the size of the world."""
        kind, _, name = node.partition(":")
        known = self.known.get(kind)
        if known is not None and len(known) < ENOUGH:
            known.append((second, name))

    def _node(self, person: str, node: str) -> None:
        if not self._vast:
            self._nodes[person].append(node)
