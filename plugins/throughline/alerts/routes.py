"""Who is told where, and when."""

from datetime import datetime

from throughline.settings import Settings


def channels(settings: Settings, owner: str) -> list[str]:
    """Channels that are told of an owner's incidents at once."""
    given = {"webhook": settings.alerts.webhook, "email": settings.alerts.email}
    return [name for name, section in given.items() if section is not None]


def stateful(settings: Settings) -> list[str]:
    """Channels that keep a state per incident, and so are told of every change of it."""
    return []


def due_at(settings: Settings, severity: str, now: datetime) -> datetime | None:
    """When the news of an incident may be sent; None means at once."""
    return None
