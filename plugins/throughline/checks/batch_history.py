"""The batches that one batch may be compared with: the same weekday's of its source and entity."""

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Place:
    """Where a batch lies in time: its last day (a snapshot's night) and its length in days."""

    day: date
    days: int | None

    @classmethod
    def of(cls, batch: Any) -> "Place":
        """Read the window of a `landing.InputBatch`."""
        found = [date.fromisoformat(day) for day in _DAY.findall(batch.window)]
        if not found:
            return cls(batch.as_of, None)
        return cls(found[-1], (found[-1] - found[0]).days + 1)

    @property
    def weekday(self) -> str:
        """Name of the weekday."""
        return calendar.day_name[self.day.weekday()]


def same_weekday(batches: Iterable[Any], batch: Any) -> list[Any]:
    """Earlier batches of the same source, weekday and length that passed, oldest first.

    Of several batches for one window the newest counts. Deletes are compared with deletes. Held and
    withdrawn ones are no measure, nor are late ones: those that came more nights after their last
    day than is usual.
    """
    here = Place.of(batch)
    newest: dict[Place, Any] = {}
    for other in batches:
        place = Place.of(other)
        alike = (other.source, other.deletes, place.days, place.weekday) == (
            batch.source,
            batch.deletes,
            here.days,
            here.weekday,
        )
        if alike and other.status == "passed" and place.day < here.day:
            newest[place] = other
    found = [newest[place] for place in sorted(newest, key=lambda place: place.day)]
    usual = median(map(_lag, found)) if found else 0
    return [other for other in found if _lag(other) <= usual]


def days_behind(batch: Any) -> int | None:
    """Days between the last day of a dated window and the newest business date in it."""
    place = Place.of(batch)
    if place.days is None or batch.max_date is None:
        return None
    return (place.day - batch.max_date).days


def _lag(batch: Any) -> int:
    return (batch.as_of - Place.of(batch).day).days
