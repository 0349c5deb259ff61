"""Exports that a system wrote once: delimited text that is never written again."""

import csv
import gzip
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

Rows = dict[str, list[tuple[Any, ...]]]
"""Name of an export's file → its rows, without the header."""


def blank(headers: Mapping[str, str]) -> Rows:
    """No rows yet of every export; `headers`: name of the file → names of the columns."""
    return {name: [] for name in headers}


def write(folder: Path, headers: Mapping[str, str], rows: Rows) -> None:
    """Write the exports that are not there; those whose name ends in gz are packed."""
    for name, header in headers.items():
        path = folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _put(path, [tuple(header.split(",")), *rows[name]])


def _put(path: Path, rows: list[tuple[Any, ...]]) -> None:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    made = text.getvalue().encode()
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(gzip.compress(made, 1, mtime=0) if path.suffix == ".gz" else made)
    draft.replace(path)
