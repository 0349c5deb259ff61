"""From candidate to release: durable, read-only, and served by one atomic swap."""

import os
from pathlib import Path

import duckdb

from throughline import fault
from throughline.errors import PublishError
from throughline.fence import Fence
from throughline.publish.candidate import candidate_path
from throughline.settings import Settings
from throughline.warehouse.engine import sync
from throughline.warehouse.runs import Run, is_backdated

READ_ONLY = 0o444


def publish(settings: Settings, run: Run, fence: Fence) -> Path:
    """Make the candidate of a run a release, and serve it unless the run is back-dated.

    A step that was done before a crash is not done again.

    Raises:
        PublishError: there is no candidate, or it has not passed its gate.
        FenceError: a newer run took over; nothing is published.
    """
    release = release_path(settings, run.run_id)
    candidate = candidate_path(settings, run.run_id)
    if candidate.exists():
        _seal(candidate)
    elif not is_intact(release, run.run_id):
        raise PublishError(f"run {run.run_id} has no candidate; start the night again")
    fault.point("publish.sealed")
    release.parent.mkdir(parents=True, exist_ok=True)
    with fence.held():
        if candidate.exists():
            candidate.replace(release)
            fault.point("publish.renamed")
            sync(release.parent)
            sync(candidate.parent)
        if not is_backdated(settings, run.as_of):
            _swap(settings, release)
    fault.point("publish.swapped")
    collect_garbage(settings)
    return release


def serve(settings: Settings, run_id: str, fence: Fence) -> None:
    """Serve another release that is still on disk.

    Raises:
        PublishError: there is no such release, or its file is damaged.
        FenceError: a newer run took over.
    """
    release = release_path(settings, run_id)
    if not is_intact(release, run_id):
        raise PublishError(
            f"there is no whole release {run_id}; `throughline release list` shows which there are"
        )
    with fence.held():
        _swap(settings, release)


def release_path(settings: Settings, run_id: str) -> Path:
    """File of a release."""
    return settings.release_folder / f"{run_id}.duckdb"


def is_intact(path: Path, run_id: str) -> bool:
    """Whether a release opens, bears its name and passed its gate."""
    if not path.exists():
        return False
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            row = con.execute("select run_id, is_passed from build_info").fetchone()
    except duckdb.Error:
        return False
    return row == (run_id, True)


def collect_garbage(settings: Settings) -> list[Path]:
    """Remove all but the newest `releases.keep` releases (see `old_releases`).

    A reader that has a removed file open keeps it until it closes.
    """
    old = old_releases(settings)
    for path in old:
        path.unlink()
    return old


def old_releases(settings: Settings) -> list[Path]:
    """Releases beyond the newest `releases.keep`, without the one that is served.

    Those of back-dated nights are counted apart: a backfill takes nobody's way back.
    """
    served = settings.current.resolve()
    found = sorted(
        settings.release_folder.glob("*.duckdb"), key=lambda path: (path.stat().st_mtime_ns, path)
    )
    backdated = [path for path in found if _is_backdated(path)]
    nights = [path for path in found if path not in backdated]
    old = nights[: -settings.releases.keep] + backdated[: -settings.releases.keep]
    return [path for path in old if path.resolve() != served]


def _is_backdated(release: Path) -> bool:
    try:
        with duckdb.connect(str(release), read_only=True) as con:
            row = con.execute("select is_backdated from build_info").fetchone()
    except duckdb.Error:
        return False
    return row == (True,)


def _seal(candidate: Path) -> None:
    """Check that a candidate passed, and make it durable and read-only."""
    if not is_intact(candidate, candidate.stem):
        raise PublishError(f"candidate {candidate} has not passed its gate: not published")
    wal = candidate.with_name(candidate.name + ".wal")
    if wal.exists():
        raise PublishError(f"{wal} exists: the candidate was not closed; start the night again")
    candidate.chmod(READ_ONLY)
    sync(candidate)


def _swap(settings: Settings, release: Path) -> None:
    """Point `current.duckdb` at a release: readers see the old one or the new one, whole."""
    target = Path(release.parent.name) / release.name
    if settings.current.is_symlink() and settings.current.readlink() == target:
        return
    draft = settings.current.with_name(f".current.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    fault.point("publish.before_swap")
    draft.replace(settings.current)
    sync(settings.current.parent)
