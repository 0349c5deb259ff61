"""What an incident is."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Incident:
    """One reported fact; `kind`, `subject` and `window` are its identity."""

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
