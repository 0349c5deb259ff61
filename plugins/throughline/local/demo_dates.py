"""The demo's dates: pinned when its data is first made, so a later run repeats the same nights.

`<home>/demo_dates.json` holds `end`, the last of the demo nights, and `until`, the last business
date there is data for (`throughline up` moves it on, day by day).
"""

import json
from datetime import date, timedelta
from pathlib import Path

from throughline.keys import write_private
from throughline.nights import span, yesterday
from throughline.settings import Settings


def demo_nights(settings: Settings) -> list[date]:
    """The nights of `throughline run`, oldest first; pins the end at first use."""
    end = settings.demo.end or _pinned(settings)["end"]
    return span(end - timedelta(days=settings.demo.nights - 1), end)


def generated_until(settings: Settings) -> date | None:
    """Last business date that the demo's data reaches; None before any was generated."""
    return _pinned(settings).get("until")


def remember_generated(settings: Settings, until: date) -> None:
    """Write down that the demo's data reaches this date."""
    _write(settings, {**_pinned(settings), "until": until})


def _pinned(settings: Settings) -> dict[str, date]:
    path = _path(settings)
    if not path.exists():
        _write(settings, {"end": settings.demo.end or yesterday(settings)})
    given = json.loads(path.read_text(encoding="utf-8"))
    return {name: date.fromisoformat(day) for name, day in given.items()}


def _write(settings: Settings, dates: dict[str, date]) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    text = json.dumps({name: day.isoformat() for name, day in dates.items()})
    write_private(_path(settings), text)


def _path(settings: Settings) -> Path:
    return settings.home / "demo_dates.json"
