"""Durable writes: a file is whole or absent, also after a crash."""

import contextlib
import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from throughline.errors import DamagedError, SourceError

EARLIER = "earlier.json"
EMPTIED = "emptied.json"
"""Says that upkeep removed the data of a batch; its manifest and verdicts stay."""
DRAFT = re.compile(r"\..+\.json\.\d+")
"""Name of a document that is being written, or that a killed process was writing.

A file of a source may begin with a dot, too.
"""


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON document by rename, so that a reader sees all of it or nothing."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1, sort_keys=True, default=str)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync(path.parent)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON document that `write_json` wrote.

    Raises:
        DamagedError: it is something else by now.
    """
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(given, dict):
            raise ValueError(f"a {type(given).__name__}, not an object")
    except ValueError as error:
        raise DamagedError(f"{path} is damaged ({error}); put it back from a backup") from error
    return given


def claim(folder: Path, as_of: date) -> None:
    """Note that an earlier night found this batch too: its content belongs to that night already.

    Nights may run out of order; the manifest keeps the night that took the batch first.
    """
    write_json(folder / EARLIER, {"as_of": as_of.isoformat()})


def belongs_to(folder: Path, as_of: date) -> date:
    """The earliest night that found a batch, `as_of` being the one of its manifest."""
    path = folder / EARLIER
    if not path.exists():
        return as_of
    return min(as_of, date.fromisoformat(read_json(path)["as_of"]))


def sync(path: Path) -> None:
    """Flush a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def only_one(path: Path, what: str, wait_seconds: float = 300) -> Iterator[None]:
    """Hold an exclusive lock for a block; a killed process releases it.

    Raises:
        SourceError: another process held it for all of `wait_seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + wait_seconds
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() > end:
                    raise SourceError(f"{what}: another process is at it; wait for it") from error
                time.sleep(0.2)
        yield
