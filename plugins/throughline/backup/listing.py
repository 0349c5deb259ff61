"""The list of what a backup holds: path, size, hash of every file; written last, it is the commit.

`home/…` are files of the home folder, `state/…` tables of the state database.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from throughline.alerts.archive import Copied
from throughline.errors import BackupError
from throughline.landing.files import write_json

LISTING = "backup.json"
FORMAT = 1
CHUNK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """One file; `path` is relative to the backup, `mode` its permissions."""

    path: str
    bytes: int
    sha256: str
    modified_ns: int
    mode: int


@dataclass(frozen=True)
class Listing:
    """One backup; `pii_key` is the name of the key that its batches were hashed with, no secret.

    `served` is the run that analysts read, `damaged` are files that were not what their manifest
    says when they were copied.
    """

    backup_id: str
    taken_at: str
    version: str
    code: str
    served: str | None
    pii_key: str | None
    tables: tuple[Copied, ...]
    files: tuple[Entry, ...]
    damaged: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """Size of all files."""
        return sum(entry.bytes for entry in self.files)


def copy_file(source: Path, target: Path, path: str) -> Entry:
    """Copy the bytes of a file, hashing them on the way; returns its entry, named `path`."""
    digest, size = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as given, target.open("wb") as taken:
        while chunk := given.read(CHUNK):
            digest.update(chunk)
            size += taken.write(chunk)
        status = os.fstat(given.fileno())
    mode = status.st_mode & 0o777
    return Entry(path, size, digest.hexdigest(), status.st_mtime_ns, mode)


def write_listing(folder: Path, listing: Listing) -> None:
    """Seal a backup: from now on it is one."""
    content = {"format": FORMAT, **asdict(listing)}
    write_json(folder / LISTING, {"sha256": _seal(content), "content": content})


def read_listing(folder: Path) -> Listing:
    """Read what a backup holds.

    Raises:
        BackupError: there is no backup, it did not end, or its list was changed.
    """
    path = folder / LISTING
    if not path.is_file():
        raise BackupError(
            f"{folder} holds no {LISTING}: it is no backup, or one that did not end; take another"
        )
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        content = given["content"]
        if given["sha256"] != _seal(content):
            raise ValueError("its hash is another")
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path} is damaged ({error}): take another backup") from error
    if content.pop("format") != FORMAT:
        raise BackupError(f"{path} was written by another version; restore it with that one")
    return _listing(content)


def _listing(content: dict[str, Any]) -> Listing:
    tables = tuple(Copied(one["table"], tuple(one["columns"])) for one in content["tables"])
    files = tuple(Entry(**entry) for entry in content["files"])
    for entry in files:
        parts = Path(entry.path).parts
        if ".." in parts or parts[0] not in ("home", "state"):
            raise BackupError(f"the backup names {entry.path!r}, which lies outside of it")
    damaged = tuple(content["damaged"])
    return Listing(**{**content, "tables": tables, "files": files, "damaged": damaged})


def _seal(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
