"""Releases, candidates, logs and scratch files that are old enough to go."""

import time
from collections.abc import Iterable
from pathlib import Path

from throughline.publish.swap import old_releases
from throughline.settings import Settings
from throughline.upkeep.removing import Removal

DAY = 86_400
SCRATCH_DAYS = 2
"""Longer than any night may take: a night that is at work has newer ones."""


def releases(settings: Settings) -> Removal:
    """Releases beyond `releases.keep`, as after every publish; never the one that is served."""
    return Removal("releases", tuple(old_releases(settings)))


def candidates(settings: Settings) -> Removal:
    """Candidates that failed their gate, kept for inspection."""
    found = settings.candidates.glob("*")
    return Removal("candidates", _older(found, settings.upkeep.candidates_days))


def logs(settings: Settings) -> Removal:
    """Logs of tasks and of dbt; reports of nights stay, and logs that a process has open."""
    folder = settings.home / "logs"
    found = [*(folder / "airflow").rglob("*"), *(folder / "dbt").rglob("*")]
    return Removal("logs", _older(found, settings.upkeep.logs_days))


def scratch(settings: Settings) -> Removal:
    """What killed engines spilled, and the work file of back-dated nights, begun anew by each."""
    found = [*(settings.work / "tmp").rglob("*"), *(settings.work / "scratch").glob("work.duckdb*")]
    return Removal("scratch files", _older(found, SCRATCH_DAYS))


def _older(found: Iterable[Path], days: int) -> tuple[Path, ...]:
    end = time.time() - days * DAY
    files = (path for path in sorted(found) if path.is_file() and not path.is_symlink())
    return tuple(path for path in files if path.stat().st_mtime < end)
