"""What an incident is, and what ends it."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

Severity = Literal["critical", "warning"]
PLATFORM = "data-platform"
"""Who is told of what no source and no suite owns."""


@dataclass(frozen=True)
class Incident:
    """One reported fact; `kind`, `subject` and `window` are its identity.

    `parts` are the single failures folded into it, each with a line of detail. An incident with
    parts is over when each of them has passed again. `run_id` is the run that found it (the night
    where no run had begun), `blast_radius` the published tables and exposures made of what failed,
    `served` the release that analysts read meanwhile.
    """

    kind: str
    subject: str
    window: str
    owner: str
    severity: Severity
    summary: str
    blocks: str
    command: str
    detail: str
    reported_at: datetime
    parts: dict[str, str] = field(default_factory=dict)
    run_id: str = ""
    blast_radius: tuple[str, ...] = ()
    served: str = ""

    @property
    def key(self) -> str:
        """Identity in one text: reports with the same key are the same incident."""
        return f"{self.kind}/{self.subject}/{self.window}"

    def as_json(self) -> dict[str, Any]:
        """Plain values, the instant in ISO format."""
        return {**asdict(self), "reported_at": self.reported_at.isoformat()}

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Incident":
        """Inverse of `as_json`."""
        reach = tuple(given.get("blast_radius", ()))
        at = datetime.fromisoformat(given["reported_at"])
        return cls(**{**given, "reported_at": at, "blast_radius": reach})


@dataclass(frozen=True)
class Recovery:
    """Something passed: it ends incidents of these kinds, of its window and of earlier nights.

    A `subject` that ends in `.` stands for everything that begins with it. With `parts`, the
    subject does not count: these parts have passed, whichever incident they are folded into. With
    `scopes` they are what is still judged: every other part whose name begins with one of the
    scopes is no longer there, and over too. `reason` says why it is over where nothing passed.
    """

    kinds: tuple[str, ...]
    subject: str
    window: str
    passed_at: datetime
    parts: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values, the instant in ISO format."""
        return {**asdict(self), "passed_at": self.passed_at.isoformat()}

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Recovery":
        """Inverse of `as_json`."""
        lists = {name: tuple(given.get(name, ())) for name in ("kinds", "parts", "scopes")}
        at = datetime.fromisoformat(given["passed_at"])
        return cls(**{**given, **lists, "passed_at": at})
