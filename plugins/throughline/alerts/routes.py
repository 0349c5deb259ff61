"""Who is told where, and when."""

from datetime import datetime, timedelta

from throughline.settings import Settings
from throughline.settings_alerts import Route


def channels(settings: Settings, owner: str) -> list[str]:
    """Channels that are told of an owner's incidents at once."""
    route = _route(settings, owner)
    return list(route.channels) if route else settings.alerts.names


def backup(settings: Settings, owner: str) -> str | None:
    """The channel that is told when one of the others refuses again and again."""
    route = _route(settings, owner)
    return route.backup if route else None


def stateful(settings: Settings) -> list[str]:
    """Channels that keep a state per incident, and so are told of every change of it."""
    given = settings.alerts.channels
    return [name for name, channel in given.items() if channel.type == "pagerduty"]


def due_at(settings: Settings, severity: str, now: datetime) -> datetime | None:
    """When a message may be sent: at once (None), or a warning's when quiet hours are over."""
    quiet = settings.alerts.quiet
    if quiet is None or severity != "warning":
        return None
    begin, end = quiet
    here = now.astimezone(settings.zone)
    clock = here.time()
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not is_quiet:
        return None
    day = here.date() + timedelta(days=0 if clock < end else 1)
    return datetime.combine(day, end, settings.zone)


def _route(settings: Settings, owner: str) -> Route | None:
    return settings.alerts.routes.get(owner, settings.alerts.default_route)
