"""Text files before DuckDB reads them: compression, encoding, line ends, header."""

import codecs
import contextlib
import csv
import io
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from throughline.connect.packing import opened, packing_of
from throughline.errors import SourceError
from throughline.file_stream import FileStream

LONGEST_RECORD = 64 * 1024 * 1024
"""Bytes; a longer line or JSON document is refused."""
RESERVED = ("_file", "_row")
_LOOKED_AT = 1024 * 1024


def text_columns(path: Path, name: str, stream: FileStream) -> list[str]:
    """Columns of a text table, from its first record, or as declared where it has none.

    Raises:
        SourceError: no header, a doubled or reserved name, a declared column missing.
    """
    if not stream.header:
        return list(stream.columns)
    with opened(path, packing_of(name, stream)) as binary:
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
def as_utf8(path: Path, name: str, stream: FileStream) -> Iterator[tuple[Path, str]]:
    """Yield a file in UTF-8 and how it is packed, as DuckDB reads it: none, gzip or zstd.

    A decoded or unzipped copy lasts for the block.
    """
    packing = packing_of(name, stream)
    if _codec(stream) == "utf-8-sig" and packing != "zip" and not _is_marked(path, packing, stream):
        yield path, packing
        return
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as copy:
        try:
            with opened(path, packing) as binary:
                text = io.TextIOWrapper(binary, encoding=_codec(stream), newline="")
                shutil.copyfileobj(text, copy)
        except UnicodeError as error:
            raise SourceError(f"{name} is not {stream.encoding}: {error}") from error
        copy.flush()
        yield Path(copy.name), "none"


def _is_marked(path: Path, packing: str, stream: FileStream) -> bool:
    """Whether JSON lines begin with a byte order mark, which DuckDB takes for text there."""
    if stream.format != "jsonl":
        return False
    with opened(path, packing) as file:
        return file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8


def mixes_line_ends(path: Path, packing: str) -> bool:
    """Whether a table has both kinds of line end near its beginning; DuckDB reads no such file."""
    with opened(path, packing) as file:
        start = file.read(_LOOKED_AT)
    return b"\r\n" in start and re.search(rb"(?<!\r)\n", start) is not None


@contextlib.contextmanager
def with_one_line_end(
    path: Path, name: str, packing: str, separator: str
) -> Iterator[tuple[Path, str]]:
    """Yield a copy of a UTF-8 table with one kind of line end. Line ends inside quotes stay.

    Raises:
        SourceError: it is not UTF-8, or its quotes are not those of CSV.
    """
    csv.field_size_limit(LONGEST_RECORD)
    with (
        opened(path, packing) as binary,
        io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as given,
        tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as copy,
    ):
        writer = csv.writer(copy, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL)
        try:
            writer.writerows(csv.reader(given, delimiter=separator, strict=True))
        except (csv.Error, UnicodeError) as error:
            raise SourceError(f"{name} is no table of cells: {error}") from error
        copy.flush()
        yield Path(copy.name), "none"


def _codec(stream: FileStream) -> str:
    return "utf-8-sig" if codecs.lookup(stream.encoding).name == "utf-8" else stream.encoding
