"""Open DuckDB files with the limits of the settings."""

import os
import time
from pathlib import Path

import duckdb

from throughline.errors import BuildError
from throughline.settings import Settings

LOCK_WAIT_SECONDS = 30
STORAGE = "v1.4.0"
"""Oldest DuckDB that reads our files; from it on text is written in about half the time."""

MEND = "; where it is damaged, remove it: the night builds all of it anew from the input"


def connect(settings: Settings, path: Path, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file: limits set, instants in UTC, no extension fetched from anywhere.

    A file that a dying process still holds is waited for.

    Raises:
        BuildError: another process keeps the file open, or it is no database.
    """
    scratch = settings.work / "tmp"
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.warehouse.memory_limit,
        "threads": settings.warehouse.threads,
        "storage_compatibility_version": STORAGE,
        "temp_directory": str(scratch),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            con = duckdb.connect(str(path), read_only=read_only, config=config)
            con.execute("set TimeZone = 'UTC'")
            return con
        except duckdb.IOException as error:
            locked = "Conflicting lock" in str(error)
            if not locked or time.monotonic() > deadline:
                mend = "" if locked or path != settings.work_file else MEND
                raise BuildError(f"{path} cannot be opened: {error}{mend}") from error
            time.sleep(0.1)


def sync(path: Path) -> None:
    """Bring a file's or folder's content to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
