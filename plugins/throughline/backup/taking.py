"""Take a backup: nothing stops for it, and nothing it does changes the installation."""

import os
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from throughline import __version__, fault
from throughline.alerts import archive
from throughline.backup import contents, saved_keys
from throughline.backup.listing import Entry, Listing, copy_file, write_listing
from throughline.errors import BackupError
from throughline.keys import private_folder
from throughline.publish.swap import is_intact
from throughline.settings import Settings
from throughline.upkeep.lock import alone
from throughline.warehouse.runs import code_hash


@dataclass(frozen=True)
class Taken:
    """What was taken; `damaged` were before they were copied: not what their manifest says.

    Also releases that do not open.
    """

    files: int
    bytes: int
    incidents: bool
    keys: int
    pii_key: str | None
    damaged: tuple[str, ...]


def backup(settings: Settings, to: Path, keys_to: Path | None = None) -> Taken:
    """Copy an installation to a new folder, readable by its owner only; nights may run.

    Keys are left out, unless `keys_to` names another folder for them.

    Raises:
        BackupError: the folder is not empty or lies in the home, there is nothing to copy, or the
            state database does not answer.
    """
    folder, keys_folder = _checked(settings, to, keys_to)
    with alone(settings, "backup"):
        private_folder(folder)
        backup_id = uuid.uuid4().hex
        served = settings.current.readlink().stem if settings.current.is_symlink() else None
        taker = _Taker(settings, folder)
        taker.take(contents.waiting_reports(settings))
        tables = _state(settings, taker)
        taker.take(contents.releases(settings))
        taker.look_at_releases()
        if served and f"home/releases/{served}.duckdb" not in taker.paths:
            raise BackupError(
                f"release {served}, which is served, is not there: start again where a night just"
                " removed it; where it is lost, serve another (`throughline release rollback`)"
            )
        fault.point("backup.releases")
        taker.take(contents.records(settings))
        taker.take(contents.batches(settings))
        listing = Listing(
            backup_id=backup_id,
            taken_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=__version__,
            code=code_hash(settings),
            served=served,
            pii_key=saved_keys.key_name(settings),
            tables=tables,
            files=tuple(taker.entries),
            damaged=tuple(taker.damaged),
        )
        kept = saved_keys.save(settings, keys_folder, backup_id) if keys_folder else 0
        os.sync()
        fault.point("backup.before_listing")
        write_listing(folder, listing)
    return Taken(
        files=len(listing.files),
        bytes=listing.bytes,
        incidents=bool(tables),
        keys=kept,
        pii_key=listing.pii_key,
        damaged=listing.damaged,
    )


class _Taker:
    """Copies files of the home and keeps their entries."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.entries: list[Entry] = []
        self.damaged: list[str] = []

    @property
    def paths(self) -> set[str]:
        return {entry.path for entry in self.entries}

    def take(self, files: Iterable[Path]) -> None:
        """Copy files; one that was removed since it was listed is left out."""
        for path in files:
            name = f"home/{path.relative_to(self.settings.home).as_posix()}"
            try:
                entry = copy_file(path, self.folder / name, name)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise BackupError(
                    f"{path} cannot be copied to {self.folder} ({error.strerror}); mend that,"
                    " remove what was copied, and start again"
                ) from error
            (self.folder / name).chmod(0o600)
            self.entries.append(entry)
            if contents.is_damaged(path, entry.sha256):
                self.damaged.append(name)

    def look_at_releases(self) -> None:
        """Name the releases that do not open; it is the copies that are looked at."""
        for path in sorted((self.folder / "home" / "releases").glob("*.duckdb")):
            if not is_intact(path, path.stem):
                self.damaged.append(f"home/releases/{path.name}")


def _state(settings: Settings, taker: _Taker) -> tuple[archive.Copied, ...]:
    """Copy the state database, where there is one; the embedded server is started for it."""
    if settings.state_url is None:
        return ()
    with tempfile.TemporaryDirectory(dir=taker.folder) as draft, _answering(settings):
        tables = archive.dump(settings, Path(draft))
        for one in tables:
            name = f"state/{one.file}"
            taker.entries.append(copy_file(Path(draft) / one.file, taker.folder / name, name))
    return tuple(tables)


@contextmanager
def _answering(settings: Settings) -> Iterator[None]:
    """Have the embedded server up for a block, where the state is in one and the stack is down."""
    from throughline.local import postgres, processes, stack

    written = settings.home / "run" / "state_url"
    embedded = written.exists() and written.read_text("utf-8").strip() == settings.state_url
    if not embedded or postgres.is_running(settings):
        yield
        return
    with stack.one_at_a_time(settings):
        process = postgres.start(settings)
        try:
            yield
        finally:
            processes.stop(settings, process)


def _checked(settings: Settings, to: Path, keys_to: Path | None) -> tuple[Path, Path | None]:
    folder, keys = to.resolve(), keys_to.resolve() if keys_to else None
    if not settings.home.is_dir():
        raise BackupError(f"there is no home {settings.home}; nothing to back up")
    for path in filter(None, (folder, keys)):
        if path.is_relative_to(settings.home):
            raise BackupError(f"{path} lies in the home itself and would be lost with it")
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise BackupError(
                f"{path} is not empty; name a new folder, or remove what a backup that did not"
                " end left there"
            )
    if keys and (keys == folder or keys.is_relative_to(folder) or folder.is_relative_to(keys)):
        raise BackupError(f"keys lie apart from the data: {keys} and {folder} are one place")
    return folder, keys
