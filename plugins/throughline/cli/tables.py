"""Print rows: as a plain table that also reads well in a pipe, as JSON, as CSV."""

import csv
import json
import math
import sys
from collections.abc import Sequence
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


def one_line(text: str) -> str:
    """One printable line: text of a source does not steer a terminal."""
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _text(value: Any) -> str:
    return "" if value is None else _printable(str(value))


def print_json(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows as a JSON array of objects; decimals, dates and instants become strings.

    What is no number in JSON (NaN, infinity) becomes null.

    Raises:
        ThroughlineError: two columns have one name; an object would keep only the last.
    """
    doubled = sorted({name for name in columns if list(columns).count(name) > 1})
    if doubled:
        raise ThroughlineError(f"columns of one name: {', '.join(doubled)}; rename them with `as`")
    objects = [_in_json(dict(zip(columns, row, strict=True))) for row in rows]
    typer.echo(json.dumps(objects, default=str, ensure_ascii=False, indent=1, allow_nan=False))


def _in_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _in_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_in_json(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print CSV; a text that a spreadsheet would take for a formula gets a leading apostrophe."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([[_harmless(value) for value in row] for row in rows])


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value
