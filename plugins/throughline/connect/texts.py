"""Text files before DuckDB reads them: compression, encoding, line ends, header."""

import codecs
import contextlib
import csv
import gzip
import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from throughline.errors import SourceError
from throughline.source_folders import FileStream

LONGEST_RECORD = 64 * 1024 * 1024
"""Bytes; a longer line or JSON document is refused."""
RESERVED = ("_file", "_row")
_LOOKED_AT = 1024 * 1024


def is_gzip(name: str, stream: FileStream) -> bool:
    """Whether a file is compressed, by declaration or by its suffix."""
    return stream.compression == "gzip" or (
        stream.compression == "auto" and name.endswith(".gz") and stream.format != "parquet"
    )


def text_columns(path: Path, name: str, stream: FileStream) -> list[str]:
    """Columns of a text table, from its first record, or as declared where it has none.

    Raises:
        SourceError: no header, a doubled or reserved name, a declared column missing.
    """
    if not stream.header:
        return list(stream.columns)
    with _open(path, name, stream) as binary:
        text = io.TextIOWrapper(binary, encoding=_codec(stream), newline="")
        try:
            header = next(csv.reader(text, delimiter=stream.separator), [])
        except (UnicodeError, csv.Error) as error:
            raise SourceError(f"{name}: the header cannot be read: {error}") from error
    header = [cell.strip() for cell in header]
    folded = [cell.lower() for cell in header]
    doubled = sorted({cell for cell in header if folded.count(cell.lower()) > 1})
    if not header or "" in header or doubled or any(cell in RESERVED for cell in folded):
        raise SourceError(
            f"{name}: header {header} has no, empty, reserved or doubled names {doubled} "
            "(upper and lower case count as the same)"
        )
    missing = [column for column in stream.columns if column.lower() not in folded]
    if missing:
        raise SourceError(f"{name}: declared columns {missing} are missing from header {header}")
    return header


@contextlib.contextmanager
def as_utf8(path: Path, name: str, stream: FileStream) -> Iterator[tuple[Path, bool]]:
    """Yield a file in UTF-8 and whether it is compressed; a decoded copy lasts for the block."""
    if _codec(stream) == "utf-8-sig":
        yield path, is_gzip(name, stream)
        return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as copy:
        try:
            with _open(path, name, stream) as binary:
                text = io.TextIOWrapper(binary, encoding=stream.encoding, newline="")
                shutil.copyfileobj(text, copy)
        except UnicodeError as error:
            raise SourceError(f"{name} is not {stream.encoding}: {error}") from error
        copy.flush()
        yield Path(copy.name), False


@contextlib.contextmanager
def with_one_line_end(path: Path, compressed: bool, separator: str) -> Iterator[tuple[Path, bool]]:
    """Yield a UTF-8 table with one kind of line end; DuckDB reads no file that has both.

    Only a file that mixes them near its beginning is copied. Line ends inside quotes stay.
    """
    with gzip.open(path) if compressed else path.open("rb") as file:
        start = file.read(_LOOKED_AT)
    if b"\r\n" not in start or not re.search(rb"(?<!\r)\n", start):
        yield path, compressed
        return
    csv.field_size_limit(LONGEST_RECORD)
    with (
        gzip.open(path, "rt", encoding="utf-8-sig", newline="")
        if compressed
        else path.open(encoding="utf-8-sig", newline="") as given,
        tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as copy,
    ):
        writer = csv.writer(copy, delimiter=separator, lineterminator="\n")
        try:
            writer.writerows(csv.reader(given, delimiter=separator, strict=True))
        except csv.Error as error:
            raise SourceError(f"{path.name} is no table of cells: {error}") from error
        copy.flush()
        yield Path(copy.name), False


def _open(path: Path, name: str, stream: FileStream) -> IO[bytes]:
    return gzip.open(path, "rb") if is_gzip(name, stream) else path.open("rb")


def _codec(stream: FileStream) -> str:
    return "utf-8-sig" if codecs.lookup(stream.encoding).name == "utf-8" else stream.encoding
