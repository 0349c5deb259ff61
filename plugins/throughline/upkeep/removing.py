"""Removing files: of a batch its data alone, after a note that says so."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from throughline import fault
from throughline.landing.files import EMPTIED, write_json
from throughline.landing.manifests import MANIFEST
from throughline.settings import Settings

OWN_DEPTH = 2
"""Folders of the home itself, as `logs/airflow`, are not deeper."""


@dataclass(frozen=True)
class Removal:
    """Files of one kind that may go."""

    what: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Freed:
    """How many files of a kind went, and their bytes."""

    what: str
    files: int
    bytes: int


def remove(settings: Settings, removal: Removal, *, only_look: bool) -> Freed:
    """Remove files; a folder that is empty then goes too, but for those of batches.

    A batch is marked first: killed in between, it counts as emptied, and the next call goes on.
    """
    count = size = 0
    for path in removal.files:
        try:
            size += path.stat().st_size
        except FileNotFoundError:
            continue
        count += 1
        if only_look:
            continue
        is_batch = (path.parent / MANIFEST).exists()
        if is_batch and not (path.parent / EMPTIED).exists():
            at = datetime.now(UTC).isoformat(timespec="seconds")
            write_json(path.parent / EMPTIED, {"at": at, "by": "upkeep", "why": removal.what})
            fault.point("upkeep.marked")
        path.unlink(missing_ok=True)
        if not is_batch:
            _drop_empty(path.parent, settings.home)
    return Freed(removal.what, count, size)


def _drop_empty(folder: Path, home: Path) -> None:
    """Remove a folder and those above it while they are empty; the home's own folders stay."""
    while len(folder.relative_to(home).parts) > OWN_DEPTH and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
