"""What the fault tests did, counted from what they recorded while they ran (RELIABILITY, 7)."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from throughline.settings import PACKAGE

POINT = re.compile(r'fault\.point\("([a-z_.]+)"\)')
CASES = {"fail_open": "checks that must fail closed", "corrupt_load": "broken inputs"}
"""Markers of tests whose every run is a case: one that fails has let something through."""


def kill_points() -> set[str]:
    """Every kill point in the code of the package."""
    files = PACKAGE.rglob("*.py")
    return {name for path in files for name in POINT.findall(path.read_text(encoding="utf-8"))}


class Facts:
    """Recorder of one test; what it writes travels with the test's report."""

    def __init__(self, properties: list[tuple[str, Any]]) -> None:
        self._properties = properties

    def killed(self, point: str = "") -> None:
        """A process was seen killed: at a kill point, or (without one) at a random instant."""
        self._properties.append(("kill", point))

    def compared(self, is_same: bool) -> None:
        """What was done again after a kill was compared with what was never broken."""
        self._properties.append(("hash", is_same))

    def read(self, reads: int, torn: int, errors: int) -> None:
        """Readers looked so often while releases changed."""
        self._properties.append(("read", (reads, torn, errors)))

    def told(self, owner: str, owners_told: Collection[str]) -> None:
        """One fault happened, and these owners got a message about it, each as often as told."""
        right = sum(1 for name in owners_told if name == owner)
        self._properties.append(("alert", (int(right == 0), len(owners_told) - min(right, 1))))


@dataclass
class Board:
    """Counts over all tests of a session."""

    points: Counter[str] = field(default_factory=Counter)
    random_kills: int = 0
    compared: int = 0
    different: int = 0
    reads: int = 0
    torn: int = 0
    reader_errors: int = 0
    faults: int = 0
    missed: int = 0
    duplicate: int = 0
    mutants: int = 0
    mutants_killed: int = 0
    cases: Counter[str] = field(default_factory=Counter)
    let_through: Counter[str] = field(default_factory=Counter)

    def add(self, properties: Iterable[tuple[str, Any]], cases: Collection[str], ok: bool) -> None:
        """Add what one test recorded; `cases` are its case markers."""
        for name, value in properties:
            if name == "kill":
                self.points.update([value] if value else [])
                self.random_kills += not value
            elif name == "hash":
                self.compared += 1
                self.different += not value
            elif name == "read":
                self.reads += value[0]
                self.torn += value[1]
                self.reader_errors += value[2]
            elif name == "mutants":
                self.mutants_killed += value[0]
                self.mutants += value[1]
            elif name == "alert":
                self.faults += 1
                self.missed += value[0]
                self.duplicate += value[1]
        self.cases.update(cases)
        self.let_through.update([] if ok else cases)

    def figures(self) -> Mapping[str, Any]:
        """The scoreboard as plain values."""
        known = kill_points()
        return {
            "kill_points_covered": len(self.points.keys() & known),
            "kill_points": len(known),
            "kill_points_missing": sorted(known - self.points.keys()),
            "kills": self.points.total() + self.random_kills,
            "kills_at_random_times": self.random_kills,
            "comparisons": self.compared,
            "hash_differences": self.different,
            "reads": self.reads,
            "torn_reads": self.torn,
            "reader_errors": self.reader_errors,
            "faults_with_an_owner": self.faults,
            "missed_alerts": self.missed,
            "duplicate_alerts": self.duplicate,
            "mutants": self.mutants,
            "mutants_killed": self.mutants_killed,
            **{f"{name}_cases": self.cases[name] for name in CASES},
            **{f"{name}_let_through": self.let_through[name] for name in CASES},
        }


def table(figures: Mapping[str, Any]) -> list[str]:
    """The scoreboard in lines: figure, found, target."""
    found = dict(figures)
    rows = [
        (
            "kill points covered",
            f"{found['kill_points_covered']} of {found['kill_points']}",
            "all",
        ),
        ("kills", f"{found['kills']} ({found['kills_at_random_times']} at random times)", "500"),
        ("hash differences", f"{found['hash_differences']} of {found['comparisons']}", "0"),
        ("torn reads", f"{found['torn_reads']} of {found['reads']}", "0"),
        ("reader errors", str(found["reader_errors"]), "0"),
        ("missed alerts", f"{found['missed_alerts']} of {found['faults_with_an_owner']}", "0"),
        ("duplicate alerts", str(found["duplicate_alerts"]), "0"),
        (
            "fail-open cases",
            f"{found['fail_open_let_through']} of {found['fail_open_cases']}",
            "0",
        ),
        (
            "silent corrupt loads",
            f"{found['corrupt_load_let_through']} of {found['corrupt_load_cases']}",
            "0",
        ),
    ]
    if found["mutants"]:
        rows += [
            ("check mutants killed", f"{found['mutants_killed']} of {found['mutants']}", "95 %")
        ]
    lines = [f"{name:22} {value:>28}   {target:>6}" for name, value, target in rows]
    missing = found["kill_points_missing"]
    return [
        f"{'figure':22} {'found':>28}   {'target':>6}",
        *lines,
        *([f"not killed: {', '.join(missing)}"] if missing else []),
    ]


def as_json(figures: Mapping[str, Any]) -> str:
    """The scoreboard as JSON."""
    return json.dumps(figures, indent=1)
