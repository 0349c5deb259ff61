"""Reports that wait on disk until the state database is back."""

import json
import logging
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from throughline.alerts.incident import Incident, Recovery
from throughline.settings import Settings

log = logging.getLogger(__name__)


def folder(settings: Settings) -> Path:
    """Where reports wait."""
    return settings.home / "alerts" / "spool"


def write(settings: Settings, report: Incident | Recovery) -> Path:
    """Write one report by rename; a reader never sees half of it."""
    target = folder(settings)
    target.mkdir(parents=True, exist_ok=True)
    at = report.reported_at if isinstance(report, Incident) else report.passed_at
    name = f"{at:%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:8]}.json"
    draft = target / f".{name}"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(report.as_json(), file)
        file.flush()
        os.fsync(file.fileno())
    return draft.rename(target / name)


def waiting(settings: Settings) -> Iterator[tuple[Path, Incident | Recovery]]:
    """Reports on disk, oldest first; an unreadable one is set aside and logged."""
    for path in sorted(folder(settings).glob("[!.]*.json")):
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
            kind = Recovery if "passed_at" in given else Incident
            yield path, kind.from_json(given)
        except FileNotFoundError:
            continue  # another process drained it
        except (ValueError, TypeError, KeyError) as error:
            log.error("%s is no report and is set aside: %s", path, error)
            path.rename(path.with_suffix(".unreadable"))


def count(settings: Settings) -> int:
    """How many reports wait."""
    return sum(1 for _ in folder(settings).glob("[!.]*.json"))
