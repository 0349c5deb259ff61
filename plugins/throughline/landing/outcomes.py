"""Outcomes: what the extract of a domain ended with, one file per night and domain."""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path

from throughline import fault
from throughline.landing.files import read_json, write_json
from throughline.settings import Settings


@dataclass(frozen=True)
class Outcome:
    """How a domain's extract of a night ended; `status` is ok, held or failed.

    `failed` says of each source that failed what its errors were.
    """

    domain: str
    as_of: date
    status: str
    detail: str
    batches: list[str]
    finished_at: datetime
    failed: dict[str, str] = field(default_factory=dict)


def write_outcome(settings: Settings, outcome: Outcome) -> None:
    """Write an outcome, in place of an earlier one of the same domain and night."""
    path = _path(settings, outcome.domain, outcome.as_of)
    path.parent.mkdir(parents=True, exist_ok=True)
    fault.point("outcome.before")
    write_json(
        path,
        {
            **asdict(outcome),
            "as_of": outcome.as_of.isoformat(),
            "finished_at": outcome.finished_at.isoformat(),
        },
    )
    fault.point("outcome.after")


def read_outcome(settings: Settings, domain: str, as_of: date) -> Outcome | None:
    """Read an outcome; None while the domain's extract of that night has not ended."""
    path = _path(settings, domain, as_of)
    if not path.exists():
        return None
    given = read_json(path)
    return Outcome(
        **{
            **given,
            "as_of": date.fromisoformat(given["as_of"]),
            "finished_at": datetime.fromisoformat(given["finished_at"]),
        }
    )


def _path(settings: Settings, domain: str, as_of: date) -> Path:
    return settings.outcomes / as_of.isoformat() / f"{domain}.json"
