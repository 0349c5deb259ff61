"""Excel workbooks: one sheet, its cells as text exactly as far as a workbook holds them."""

import contextlib
import csv
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

from throughline.errors import SourceError
from throughline.file_stream import FileStream

_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_ERROR = re.compile(
    rb"""<(?:\w+:)?c(?=[^>]*\st="e")[^>]*\sr="([A-Z]+)([0-9]+)"[^>]*>"""
    rb"""(?:<(?:\w+:)?f\b[^>]*(?:/>|>[^<]*</(?:\w+:)?f>))?<(?:\w+:)?v>([^<]*)</"""
)


@contextlib.contextmanager
def sheet_as_text(path: Path, name: str, stream: FileStream) -> Iterator[tuple[Path, FileStream]]:
    """Yield a sheet as a UTF-8 table with commas, and the stream that reads it.

    Whole numbers lose their `.0`, dates and instants are ISO, an error is its text (`#N/A`), empty
    cells are empty. Rows that are empty all through are left out.

    Raises:
        SourceError: it is no whole workbook, or has no such sheet.
    """
    rows = _rows(path, name, stream.sheet)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as copy:
        writer = csv.writer(copy, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerows([_text(cell) for cell in row] for row in rows)
        copy.flush()
        keys = {"format": "csv", "compression": "none", "encoding": "utf-8", "delimiter": ","}
        yield Path(copy.name), stream.model_copy(update=keys)


def check_workbook(path: Path, where: str) -> None:
    """Check every part of a workbook against its checksum.

    Raises:
        SourceError: it is cut or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError) as error:
        raise SourceError(f"{where} is not a whole Excel workbook: {error}") from error
    if damaged:
        raise SourceError(f"{where} is not a whole Excel workbook: {damaged} is damaged")


def _rows(path: Path, name: str, sheet: str | None) -> list[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            sheets = book.sheet_names
            if sheet is None and len(sheets) > 1:
                raise SourceError(f"{name} has sheets {', '.join(sheets)}; name one: `sheet: …`")
            if sheet is not None and sheet not in sheets:
                raise SourceError(f"{name} has no sheet {sheet!r}; it has {', '.join(sheets)}")
            table = book.get_sheet_by_name(sheet or sheets[0])
            found = table.to_python()
            top, left = table.start or (0, 0)
    except CalamineError as error:
        raise SourceError(f"{name} is not a whole Excel workbook: {error}") from error
    for row, column, text in _errors(path, table.name):
        if top <= row < top + len(found) and left <= column < left + len(found[0]):
            found[row - top][column - left] = text
    return [row for row in found if any(cell != "" for cell in row)]


def _errors(path: Path, sheet: str) -> Iterator[tuple[int, int, str]]:
    """Row, column and text (#N/A) of the cells of a sheet that hold an error; calamine skips them.

    Cells without a reference of their own, which Excel does not write, are not found.
    """
    for cell in _ERROR.finditer(_part_of(path, sheet)):
        column = 0
        for letter in cell[1]:
            column = column * 26 + letter - ord("A") + 1
        yield int(cell[2]) - 1, column - 1, cell[3].decode()


def _part_of(path: Path, sheet: str) -> bytes:
    """XML of a sheet; empty where the workbook holds none of this name."""
    with zipfile.ZipFile(path) as archive:
        there = set(archive.namelist())
        if not {_BOOK, _LINKS} <= there:
            return b""
        links = {link.get("Id"): link.get("Target", "") for link in _elements(archive, _LINKS)}
        for each in _elements(archive, _BOOK):
            if each.tag.endswith("}sheet") and each.get("name") == sheet:
                target = next((links.get(v, "") for k, v in each.items() if k.endswith("}id")), "")
                part = target[1:] if target.startswith("/") else f"xl/{target}"
                return archive.read(part) if part in there else b""
    return b""


def _elements(archive: zipfile.ZipFile, part: str) -> Iterator[Element]:
    return fromstring(archive.read(part)).iter()


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, datetime | date | time):
        return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell.total_seconds()) if isinstance(cell, timedelta) else str(cell)
