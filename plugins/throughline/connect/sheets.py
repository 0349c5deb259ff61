"""Excel workbooks: one sheet, its cells as text exactly as far as a workbook holds them."""

import contextlib
import csv
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from throughline.errors import SourceError
from throughline.source_folders import FileStream


@contextlib.contextmanager
def sheet_as_text(path: Path, name: str, stream: FileStream) -> Iterator[tuple[Path, FileStream]]:
    """Yield a sheet as a UTF-8 table with commas, and the stream that reads it.

    Whole numbers lose their `.0`, dates and instants are ISO, empty cells are empty. Rows that are
    empty all through are left out.

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
            found = book.get_sheet_by_name(sheet or sheets[0]).to_python()
    except CalamineError as error:
        raise SourceError(f"{name} is not a whole Excel workbook: {error}") from error
    return [row for row in found if any(cell != "" for cell in row)]


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, datetime | date | time):
        return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell.total_seconds()) if isinstance(cell, timedelta) else str(cell)
