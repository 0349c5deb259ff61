"""The night's timeline: when each source was extracted, and when the release was made of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from throughline import landing
from throughline.errors import NotFoundError
from throughline.landing.reports import SourceReport
from throughline.landing.reports import read_report as read_source
from throughline.night_report import NightReport, read_report, report_path
from throughline.page.reading import Here
from throughline.past_nights import known_nights, night_facts
from throughline.settings import DOMAINS, Settings
from throughline.source_folders import load_sources

_PARTS = ("land", "conform", "checks")
"""What an extract does, in this order."""


@dataclass(frozen=True)
class Bar:
    """One piece of work: `lane` says what worked, `part` what it did; instants are UTC."""

    lane: str
    group: str
    part: str
    begun_at: datetime
    seconds: float
    status: str


def read_night(here: Here, as_of: date) -> dict[str, Any]:
    """A night: outcomes, what became of it, a lane of bars per source and step, slowest models.

    Raises:
        NotFoundError: there was no such night.
    """
    nights = known_nights(here)
    if as_of not in nights:
        raise NotFoundError(f"There was no night of {as_of}; /nights shows which there were.")
    report = read_report(here, as_of) if report_path(here, as_of).exists() else None
    bars = [*_extracts(here, as_of), *(_steps(report) if report else ())]
    index = nights.index(as_of)
    return {
        **night_facts(here, as_of),
        "as_of": as_of,
        "before": nights[index - 1] if index else None,
        "after": nights[index + 1] if index + 1 < len(nights) else None,
        "begun_at": min((bar.begun_at for bar in bars), default=None),
        "ended_at": max((_end(bar) for bar in bars), default=None),
        "lanes": _lanes(bars),
        "finished": {
            domain: found.finished_at
            for domain in DOMAINS
            if (found := landing.read_outcome(here, domain, as_of))
        },
        "seconds": report.seconds if report else {},
        "slowest_models": _slowest(report),
        "tables": report.tables if report else {},
    }


def read_nights(here: Here) -> dict[str, Any]:
    """The last thirty nights, newest first."""
    return {"nights": [night_facts(here, night) for night in reversed(known_nights(here)[-30:])]}


def _extracts(settings: Settings, as_of: date) -> Iterable[Bar]:
    for source in sorted(load_sources(settings).values(), key=lambda s: (s.domain, s.name)):
        report = read_source(settings, source.name, as_of)
        if report is not None and report.begun_at:
            yield from _parts_of(report)


def _parts_of(report: SourceReport) -> Iterable[Bar]:
    at = datetime.fromisoformat(report.begun_at)
    for part in (part for part in _PARTS if part in report.seconds):
        seconds = report.seconds[part]
        yield Bar(report.source, report.domain, part, at, seconds, report.status)
        at += timedelta(seconds=seconds)


def _steps(report: NightReport) -> Iterable[Bar]:
    for step, (first, last) in report.steps.items():
        begun = datetime.fromisoformat(first)
        seconds = (datetime.fromisoformat(last) - begun).total_seconds()
        is_last = step == list(report.steps)[-1]
        status = "failed" if is_last and report.status == "failed" else "ok"
        yield Bar(step, "lifecycle", step, begun, round(seconds, 3), status)


def _lanes(bars: list[Bar]) -> list[dict[str, Any]]:
    """Bars by what worked, in the order of the list."""
    found: dict[tuple[str, str], list[Bar]] = {}
    for bar in bars:
        found.setdefault((bar.group, bar.lane), []).append(bar)
    return [
        {
            "group": group,
            "lane": lane,
            "status": work[0].status,
            "seconds": round(sum(bar.seconds for bar in work), 3),
            "bars": work,
        }
        for (group, lane), work in found.items()
    ]


def _slowest(report: NightReport | None, most: int = 10) -> list[tuple[str, float]]:
    models = report.models if report else {}
    return sorted(models.items(), key=lambda pair: pair[1], reverse=True)[:most]


def _end(bar: Bar) -> datetime:
    return bar.begun_at + timedelta(seconds=bar.seconds)
