"""Numbers of JSON that DuckDB would round: what has a fraction is a double to it."""

import re
from decimal import Decimal, InvalidOperation

import duckdb

_LONG = "[0-9]{12}[.eE]|[.][0-9]{12,}[eE]"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?')
_MOST_DIGITS = 40
_AT_ONCE = 10_000


def keep_exact(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make texts of long numbers in `record`: what a mapping takes is then what was written.

    Long is what has 12 digits before the point; a shorter one is right as a double in the four
    behind it that money has. Other records are not looked into.
    """
    sql = f'select _row, record::varchar from "{table}" where regexp_matches(record, ?)'
    found = connection.execute(sql, [_LONG])
    changed: list[tuple[int, str]] = []
    while rows := found.fetchmany(_AT_ONCE):
        changed += [(row, _TOKEN.sub(_as_text, text)) for row, text in rows]
    if not changed:
        return
    import pyarrow as pa

    places, texts = zip(*changed, strict=True)
    connection.register("exact records", pa.table({"place": places, "text": texts}))
    connection.execute(
        f'update "{table}" set record = "text"::json from "exact records" where _row = place'
    )
    connection.unregister("exact records")


def _as_text(token: re.Match[str]) -> str:
    """A token of JSON; as text, without exponent, if it is a long number."""
    written = token[0]
    if written[0] == '"' or not re.search(_LONG, written):
        return written
    try:
        number = Decimal(written)
    except InvalidOperation:
        return written
    return f'"{number:f}"' if abs(number.adjusted()) < _MOST_DIGITS else written
