"""What an incident is, and what ends it."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Incident:
    """One reported fact; `kind`, `subject` and `window` are its identity.

    `parts` are the single failures folded into it, each with a line of detail. An incident with
    parts is over when each of them has passed again.
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
        return cls(**{**given, "reported_at": datetime.fromisoformat(given["reported_at"])})


@dataclass(frozen=True)
class Recovery:
    """Something passed: it ends incidents of these kinds, of its window and of earlier nights.

    A `subject` that ends in `.` stands for everything that begins with it. With `parts`, the
    subject does not count: these parts have passed, whichever incident they are folded into.
    """

    kinds: tuple[str, ...]
    subject: str
    window: str
    passed_at: datetime
    parts: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values, the instant in ISO format."""
        return {**asdict(self), "passed_at": self.passed_at.isoformat()}

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Recovery":
        """Inverse of `as_json`."""
        lists = {name: tuple(given[name]) for name in ("kinds", "parts")}
        at = datetime.fromisoformat(given["passed_at"])
        return cls(**{**given, **lists, "passed_at": at})
