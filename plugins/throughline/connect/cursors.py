"""Where the next read of a stream begins: its batches of earlier nights say so."""

from datetime import UTC, date, datetime, timedelta

from throughline.errors import SourceError
from throughline.landing.batches import input_batches
from throughline.landing.manifests import Manifest, landed
from throughline.settings import Settings
from throughline.windows import instant_after


def standing(settings: Settings, source: str, stream: str) -> list[Manifest]:
    """Landed batches of a stream that no one withdrew, oldest first."""
    batches = [batch for batch in input_batches(settings) if batch.source == source]
    gone = {part for batch in batches if batch.status == "withdrawn" for part in batch.landing}
    return [m for m in landed(settings, source, stream) if f"{stream}/{m.batch}" not in gone]


def lower_bound(
    settings: Settings, known: list[Manifest], lag_hours: float, as_of: date
) -> str | None:
    """The newest cursor of nights before `as_of` less the lag, inclusive; None for everything.

    Raises:
        SourceError: it lies after the night, so nothing would ever be read again.
    """
    reached = [m for m in known if m.as_of < as_of and m.cursor_to is not None]
    if not reached:
        return None
    newest = max(reached, key=lambda m: datetime.fromisoformat(m.cursor_to or ""))
    try:
        lower = datetime.fromisoformat(newest.cursor_to or "") - timedelta(hours=lag_hours)
    except OverflowError:  # before the calendar begins
        return None
    if lower >= instant_after(settings, as_of):
        raise SourceError(
            f"the cursor {newest.cursor_to} of batch {newest.batch} lies after the night {as_of}:"
            " nothing is read; withdraw the batches made of it, and the cursor falls back"
        )
    return lower.astimezone(UTC).isoformat()
