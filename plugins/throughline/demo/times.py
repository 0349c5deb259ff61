"""Instants of the demo world: epoch seconds or milliseconds, days as ordinals in Shanghai time."""

from datetime import date
from functools import cache

DAY = 86_400
ZONE_SECONDS = 8 * 3600
"""The demo company lives in Asia/Shanghai: UTC+8, no daylight saving since 1991."""

EPOCH = date(1970, 1, 1).toordinal()


def start_of(day: int) -> int:
    """First second (epoch, UTC) of the business day with this ordinal."""
    return (day - EPOCH) * DAY - ZONE_SECONDS


def day_of(second: int) -> int:
    """Ordinal of the business day that an epoch second falls on."""
    return (second + ZONE_SECONDS) // DAY + EPOCH


def date_of(second: int) -> date:
    """Business date of an epoch second."""
    return date.fromordinal(day_of(second))


@cache
def _day_text(days: int) -> str:
    return date.fromordinal(days + EPOCH).isoformat()


@cache
def _clock_text(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def iso(millisecond: int) -> str:
    """UTC text with milliseconds, as web trackers send it."""
    days, rest = divmod(millisecond, 86_400_000)
    return f"{_day_text(days)}T{_clock_text(rest // 1000)}.{rest % 1000:03d}Z"


def local(second: int | None) -> str:
    """Shanghai wall clock without zone, as call and product exports print it; '' for None."""
    if second is None:
        return ""
    days, rest = divmod(second + ZONE_SECONDS, DAY)
    return f"{_day_text(days)} {_clock_text(rest)}"


def add_months(day: date, months: int) -> date:
    """Same day of a later month, or its last day where that day does not exist (31 → 30)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1).toordinal()) - 1
    wanted = date(year, month + 1, 1).toordinal() + day.day - 1
    return date.fromordinal(min(wanted, last))
