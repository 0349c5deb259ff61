"""Nights and their instants: a night is named by the business date its interval begins on."""

from datetime import date, datetime, time, timedelta

from throughline.errors import ConfigError
from throughline.settings import Settings


def night_of(settings: Settings, logical_date: datetime) -> date:
    """Business date of a logical date."""
    return logical_date.astimezone(settings.zone).date()


def interval(settings: Settings, as_of: date) -> tuple[datetime, datetime]:
    """Data interval [start, end) of a night; `start` is the logical date of its runs.

    Raises:
        ConfigError: `night.schedule` is not a daily cron schedule.
    """
    at = _daily_time(settings)
    start = datetime.combine(as_of, at, settings.zone)
    return start, datetime.combine(as_of + timedelta(days=1), at, settings.zone)


def yesterday(settings: Settings) -> date:
    """The newest business date that is over."""
    return datetime.now(settings.zone).date() - timedelta(days=1)


def span(first: date, last: date) -> list[date]:
    """All dates from `first` to `last`, both included, oldest first."""
    return [first + timedelta(days=day) for day in range((last - first).days + 1)]


def _daily_time(settings: Settings) -> time:
    fields = settings.night.schedule.split()
    daily = len(fields) == 5 and fields[2:] == ["*", "*", "*"]
    try:
        if daily:
            return time(int(fields[1]), int(fields[0]))
    except ValueError:
        pass
    raise ConfigError(
        f"night.schedule: {settings.night.schedule!r} must be daily, as in '0 2 * * *' for 02:00"
    )
