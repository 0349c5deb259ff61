"""Reports: what the extract of one source did in one night, one file each beside the outcomes."""

from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from throughline import fault
from throughline.landing.files import read_json, write_json
from throughline.settings import Settings


@dataclass(frozen=True)
class SourceReport:
    """What a source's extract did in a night.

    `landed` and `batches` are the landing batches of the night and the input batches it judged,
    `held` those of them that wait for a person, `errors` what failed, `notes` what should be known.
    `seconds` is the wall time of landing, conforming and judging: land, conform, checks, one after
    the other from `begun_at` (UTC, ISO).
    """

    source: str
    domain: str
    as_of: date
    landed: tuple[str, ...]
    batches: tuple[str, ...]
    held: tuple[str, ...]
    errors: tuple[str, ...]
    notes: tuple[str, ...]
    accepted: int
    rejected: int
    seconds: dict[str, float] = field(default_factory=dict)
    begun_at: str = ""

    @property
    def status(self) -> str:
        """ok, held or failed."""
        return "failed" if self.errors else "held" if self.held else "ok"


def read_report(settings: Settings, source: str, as_of: date) -> SourceReport | None:
    """Report of a source's night; None while its extract has not ended."""
    path = _report_path(settings, source, as_of)
    if not path.exists():
        return None
    given = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in read_json(path).items()
    }
    return SourceReport(**{**given, "as_of": as_of})


def _report_path(settings: Settings, source: str, as_of: date) -> Path:
    return settings.outcomes / as_of.isoformat() / "sources" / f"{source}.json"


def write_report(settings: Settings, report: SourceReport) -> None:
    """Write a report, in place of an earlier one of the same source and night."""
    path = _report_path(settings, report.source, report.as_of)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, asdict(report))
    fault.point("extract.after_report")
