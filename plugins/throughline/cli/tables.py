"""Print rows: as a plain table that also reads well in a pipe, as JSON, as CSV."""

import csv
import json
import sys
from collections.abc import Iterable, Sequence
from itertools import chain, count
from math import isfinite
from numbers import Number
from typing import Any

import typer

from throughline.errors import ThroughlineError

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a header and rows, columns aligned; numbers to the right; `(no rows)` for none."""
    shown = [[_text(value) for value in row] for row in rows]
    if not shown:
        typer.echo("(no rows)")
        return
    widths = [max(len(row[i]) for row in [list(columns), *shown]) for i in range(len(columns))]
    right = [isinstance(value, Number) for value in rows[0]]
    for row in [list(columns), *shown]:
        cells = [
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ]
        typer.echo("  ".join(cells).rstrip())


def require(option: str, given: str | None, known: Iterable[str]) -> None:
    """Refuse a word that a list can never have: `(no rows)` would look like good news.

    Raises:
        ThroughlineError: names the words there are.
    """
    if given is not None and given not in (words := sorted(known)):
        raise ThroughlineError(f"{option} {given!r} is none of {', '.join(words)}")


def one_line(text: str) -> str:
    """One printable line: text of a source does not steer a terminal."""
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _text(value: Any) -> str:
    return "" if value is None else _printable(str(value))


def print_json(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows as a JSON array of objects; decimals, dates and instants become strings.

    A column whose name another one has got is called `name_1`, as DuckDB does in a table.
    """
    names = _distinct(columns)
    objects = [dict(zip(names, map(_plain, row), strict=True)) for row in rows]
    typer.echo(json.dumps(objects, default=str, ensure_ascii=False, indent=1, allow_nan=False))


def _distinct(columns: Sequence[str]) -> list[str]:
    names: list[str] = []
    for column in columns:
        others = (f"{column}_{number}" for number in count(1))
        names.append(next(name for name in chain([column], others) if name not in names))
    return names


def _plain(value: Any) -> Any:
    """A value that JSON has: no number is null, keys are texts."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(held) for key, held in value.items()}
    return [_plain(held) for held in value] if isinstance(value, (list, tuple)) else value


def print_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print CSV; a text that a spreadsheet would take for a formula gets a leading apostrophe."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_harmless(value) for value in row] for row in rows])


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
