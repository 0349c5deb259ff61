"""The last step of the night: room for the next ones. It never makes a night fail."""

import logging
from datetime import date

from throughline import disk
from throughline.alerts.incident import PLATFORM
from throughline.errors import SourceError
from throughline.settings import Settings

log = logging.getLogger(__name__)


def upkeep(settings: Settings, as_of: date) -> None:
    """Remove what nothing needs any more at the end of `as_of`, and look at the room that is left.

    Where that fails, a warning is told; the next night tries again. While a backup is at work,
    nothing is removed, and the room is looked at all the same.
    """
    from throughline.alerts import report_incident, report_passed

    try:
        is_done = _remove_old(settings, as_of)
        disk.watch(settings, as_of)
    except Exception as error:  # whatever it is, tonight's release is published
        log.exception("upkeep after the night of %s", as_of)
        report_incident(
            settings,
            kind="upkeep",
            subject="home",
            owner=PLATFORM,
            severity="warning",
            summary=f"upkeep failed: {error}",
            blocks="nothing; the release is published",
            command="throughline upkeep",
            window=as_of.isoformat(),
            run_id=as_of.isoformat(),
        )
        return
    if is_done:
        report_passed(settings, ["upkeep"], ["home"], as_of.isoformat())


def _remove_old(settings: Settings, as_of: date) -> bool:
    """Remove what is not needed; False where a backup is at work."""
    from throughline.upkeep import upkeep as remove_old

    try:
        found = remove_old(settings, as_of, wait_seconds=1)
    except SourceError as error:
        log.info("left for the next night: %s", error)
        return False
    for freed in found:
        if freed.files:
            log.info("%s: %d files, %d bytes", freed.what, freed.files, freed.bytes)
    return True
