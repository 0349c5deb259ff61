"""Reports that wait on disk until the state database is back."""

import json
import logging
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from throughline.alerts.incident import Incident
from throughline.settings import Settings

log = logging.getLogger(__name__)


def folder(settings: Settings) -> Path:
    """Where reports wait."""
    return settings.home / "alerts" / "spool"


def write(settings: Settings, incident: Incident) -> Path:
    """Write one report by rename; a reader never sees half of it."""
    target = folder(settings)
    target.mkdir(parents=True, exist_ok=True)
    name = f"{incident.reported_at:%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}.json"
    draft = target / f".{name}"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(incident.as_json(), file)
        file.flush()
        os.fsync(file.fileno())
    return draft.rename(target / name)


def waiting(settings: Settings) -> Iterator[tuple[Path, Incident]]:
    """Reports on disk, oldest first; an unreadable one is set aside and logged."""
    for path in sorted(folder(settings).glob("[!.]*.json")):
        try:
            yield path, Incident.from_json(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            continue  # another process drained it
        except (ValueError, TypeError, KeyError) as error:
            log.error("%s is no incident report and is set aside: %s", path, error)
            path.rename(path.with_suffix(".unreadable"))
