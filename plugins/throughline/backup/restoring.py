"""Restore a backup into an empty home: all is checked before anything is to be seen.

Files are copied to `<home>/.restoring` and hashed on the way; the state database is filled; then
each folder moves to its place by rename, and last the link to the release that is served. Killed
while it copies, it begins again; killed while it moves, the next call moves the rest.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from throughline import fault
from throughline.alerts import archive
from throughline.backup import saved_keys
from throughline.backup.listing import Entry, Listing, copy_file, read_listing
from throughline.errors import BackupError, ThroughlineError
from throughline.keys import private_folder
from throughline.landing.files import read_json, sync, write_json
from throughline.settings import Settings

DRAFT = ".restoring"
CHECKED = "checked.json"


def restore(
    settings: Settings, source: Path, keys_from: Path | None = None, without_key: bool = False
) -> Listing:
    """Fill an empty home, and an empty state database, from a backup; returns its list.

    Raises:
        BackupError: the backup is not whole, the home or the database is not empty, the disk is
            too small, or the key of the personal-data hashes is missing and `without_key` is not
            said.
    """
    folder = source.resolve()
    if settings.home.is_relative_to(folder):
        raise BackupError(f"the home {settings.home} would lie in the backup; name another home")
    listing = read_listing(folder)
    draft = settings.home / DRAFT
    with _alone(settings.home):
        if not (draft / CHECKED).exists():
            _check_place(settings, listing)
            _check_key(settings, listing, keys_from, without_key)
            shutil.rmtree(draft, ignore_errors=True)
            try:
                _copy(settings, folder, draft, listing)
                if keys_from:
                    saved_keys.bring_back(keys_from.resolve(), draft / "home", listing.backup_id)
                _fill_state(settings, draft, listing)
                fault.point("restore.filled")
            except ThroughlineError:
                shutil.rmtree(draft, ignore_errors=True)
                raise
            os.sync()
            write_json(draft / CHECKED, {"backup_id": listing.backup_id})
        fault.point("restore.checked")
        _move(settings, draft, listing)
    return listing


def _check_place(settings: Settings, listing: Listing) -> None:
    there = [path for path in settings.home.iterdir() if path.name != DRAFT and not _is_bare(path)]
    if there:
        raise BackupError(
            f"{settings.home} is not empty (it holds {there[0].name}); move it aside, or restore"
            " into another home: THROUGHLINE_HOME=/another/folder throughline restore …"
        )
    free = shutil.disk_usage(settings.home).free
    if free < listing.bytes:
        raise BackupError(
            f"{settings.home} has {free / 1e9:.2f} GB free, the backup takes"
            f" {listing.bytes / 1e9:.2f} GB; free space, or name a home on another disk"
        )


def _check_key(
    settings: Settings, listing: Listing, keys_from: Path | None, without_key: bool
) -> None:
    wanted = listing.pii_key
    if wanted is None or keys_from or without_key or saved_keys.key_name(settings) == wanted:
        return
    raise BackupError(
        f"the backup's personal data were hashed with key {wanted}, which is not here: give the"
        " folder of its keys with --keys, or the key in THROUGHLINE_PII_KEY. With another key every"
        " known person becomes a stranger; --without-key restores all the same"
    )


def _copy(settings: Settings, folder: Path, draft: Path, listing: Listing) -> None:
    for entry in listing.files:
        source, target = folder / entry.path, draft / entry.path
        try:
            found = copy_file(source, target, entry.path)
        except FileNotFoundError as error:
            raise _broken(folder, entry, "is missing") from error
        except OSError as error:
            raise BackupError(
                f"{source} cannot be copied to {settings.home} ({error.strerror}); nothing was"
                " restored: make room there, or, where that file cannot be read, take another"
                " backup"
            ) from error
        if (found.bytes, found.sha256) != (entry.bytes, entry.sha256):
            raise _broken(folder, entry, "is not what was backed up (sha256)")
        target.chmod(entry.mode)
        os.utime(target, ns=(entry.modified_ns, entry.modified_ns))
    (draft / "home").mkdir(parents=True, exist_ok=True)
    landing = draft / "home" / "landing"
    for path in [landing, *landing.rglob("*")] if landing.exists() else []:
        if path.is_dir():
            private_folder(path)
    fault.point("restore.copied")


def _fill_state(settings: Settings, draft: Path, listing: Listing) -> None:
    """Fill the database that the environment names, else an embedded one of the new home."""
    if not listing.tables:
        return
    tables = list(listing.tables)
    if settings.state_url is not None:
        archive.load(settings, draft / "state", tables)
        return
    from throughline.local import postgres, processes

    inside = settings.model_copy(update={"home": draft / "home"})
    try:
        postgres.start(inside)
        archive.load(inside, draft / "state", tables)
    finally:
        processes.stop_all(inside)


def _move(settings: Settings, draft: Path, listing: Listing) -> None:
    """Put everything in its place; what an earlier call moved is there."""
    if read_json(draft / CHECKED)["backup_id"] != listing.backup_id:
        raise BackupError(
            f"{draft} holds what is left of restoring another backup; restore that one to its"
            " end, or remove the home"
        )
    for path in sorted((draft / "home").iterdir()):
        target = settings.home / path.name
        if target.is_dir():
            shutil.rmtree(target)  # bare folders only: see _check_place
        path.rename(target)
        fault.point("restore.moved")
    sync(settings.home)
    if listing.served and not settings.current.is_symlink():
        settings.current.symlink_to(Path("releases") / f"{listing.served}.duckdb")
        sync(settings.home)
    fault.point("restore.served")
    shutil.rmtree(draft)


def _is_bare(path: Path) -> bool:
    """Whether a path is a folder with nothing but folders in it."""
    return path.is_dir() and all(below.is_dir() for below in path.rglob("*"))


def _broken(folder: Path, entry: Entry, what: str) -> BackupError:
    return BackupError(f"{folder / entry.path} {what}; nothing was restored: take another backup")


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(f"another restore into {home} is at work; wait for it") from error
        yield
    finally:
        os.close(handle)
