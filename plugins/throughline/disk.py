"""Room: what the home takes, what its disk has left, and whether a night still fits.

GB are 10^9 bytes. A night wants `disk.night_gb`, or, where that is more, twice the served release
(its candidate, and as much again for what the work file grows and spills); where the work file is
missing, the size of the input on top, for it is built from nothing.
"""

import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from throughline.alerts.incident import PLATFORM, Severity
from throughline.errors import RoomError
from throughline.settings import Settings

GB = 10**9
NO_ROOM = "no room for the night: "
SUBJECTS: dict[Severity, str] = {"critical": "home.full", "warning": "home.filling"}
MEND = (
    "throughline upkeep says what it can free; keep less (upkeep.*, releases.keep), raise"
    " disk.budget_gb, or move `home` to a larger disk"
)


@dataclass(frozen=True)
class Room:
    """Bytes: used by the home, free and in all on its disk, wanted by a night."""

    used: int
    free: int
    total: int
    night: int


@dataclass(frozen=True)
class Shortage:
    """What is short; `critical` where the next night cannot fit."""

    severity: Severity
    problem: str


def measure(settings: Settings) -> Room:
    """Look at the home and its disk."""
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    disk = shutil.disk_usage(folder)
    return Room(size_of(settings.home), disk.free, disk.total, _night(settings))


def size_of(folder: Path) -> int:
    """Bytes of the files below a folder; links are not followed."""
    size = 0
    for above, _, names in os.walk(folder):
        for name in names:
            try:
                size += (Path(above) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return size


def judge(settings: Settings, room: Room) -> list[Shortage]:
    """What is short now, or will be with the next night: of the disk, and of the budget."""
    return [found for found in (_disk(settings, room), _budget(settings, room)) if found]


def admit(settings: Settings, as_of: date) -> None:
    """Let a night begin, or refuse it; either is told, and the end of a shortage too.

    Raises:
        RoomError: it cannot fit; the last release stays served.
    """
    full = [one.problem for one in watch(settings, as_of) if one.severity == "critical"]
    if full:
        raise RoomError(f"{NO_ROOM}{'; '.join(full)}. {MEND}; then run the night again")


def watch(settings: Settings, as_of: date) -> list[Shortage]:
    """Open an incident for what is short and end those that are over; returns what is short."""
    from throughline.alerts import report_incident, report_passed

    found = judge(settings, measure(settings))
    for severity, subject in SUBJECTS.items():
        problems = [one.problem for one in found if one.severity == severity]
        if not problems:
            report_passed(settings, ["disk"], [subject], "home")
            continue
        report_incident(
            settings,
            kind="disk",
            subject=subject,
            owner=PLATFORM,
            severity=severity,
            summary="; ".join(problems),
            blocks="the night: it is not begun; the last release stays served"
            if severity == "critical"
            else "nothing yet",
            command="throughline doctor",
            window="home",
            detail=MEND,
            run_id=as_of.isoformat(),
        )
    return found


def _disk(settings: Settings, room: Room) -> Shortage | None:
    left = room.free - room.night
    said = f"{_gb(room.free)} are free for {settings.home}, a night wants {_gb(room.night)}"
    if left < 0:
        return Shortage("critical", said)
    share = settings.disk.min_free_share
    if left < share * room.total:
        wanted = f"disk.min_free_share keeps {share:.0%} of {_gb(room.total)} free"
        return Shortage("warning", f"{said}, and {wanted}")
    return None


def _budget(settings: Settings, room: Room) -> Shortage | None:
    if settings.disk.budget_gb is None:
        return None
    budget = settings.disk.budget_gb * GB
    said = (
        f"{settings.home} takes {_gb(room.used)} of the {_gb(budget)} of disk.budget_gb,"
        f" a night wants {_gb(room.night)}"
    )
    if room.used + room.night > budget:
        return Shortage("critical", said)
    if room.used + room.night > settings.disk.warn_share * budget:
        return Shortage("warning", f"{said}: {settings.disk.warn_share:.0%} of it are reached")
    return None


def _night(settings: Settings) -> int:
    served = settings.current.resolve()
    release = served.stat().st_size if served.is_file() else 0
    anew = 0 if settings.work_file.exists() else size_of(settings.input)
    return max(round(settings.disk.night_gb * GB), 2 * release + anew)


def _gb(size: float) -> str:
    return f"{size / GB:.3g} GB"
