"""Tables of text, comma- or tab-separated, as DuckDB reads them: strict, every cell as text."""

from pathlib import Path

import duckdb

from throughline.connect.texts import LONGEST_RECORD, mixes_line_ends, with_one_line_end
from throughline.errors import SourceError
from throughline.file_stream import FileStream
from throughline.sql_text import literal

_KEPT_OF_A_LINE = 10_000
_LOST = "state machine reached an invalid state"
"""What DuckDB says of a line that ends otherwise than those before it."""


def load_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    stream: FileStream,
    name: str,
    path: Path,
    packing: str,
    columns: list[str],
) -> None:
    """Read a text table into `<table>_part`; rows of another shape go to `broken`.

    One whose lines end in two ways, even if only far down, is read from a copy.
    """
    if not mixes_line_ends(path, packing):
        try:
            _load_text(connection, table, stream, name, path, packing, columns)
            return
        except duckdb.InvalidInputException as error:
            if _LOST not in str(error):
                raise
    with with_one_line_end(path, name, packing, stream.separator) as (even, packed):
        _load_text(connection, table, stream, name, even, packed, columns)


def _load_text(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    stream: FileStream,
    name: str,
    path: Path,
    packing: str,
    columns: list[str],
) -> None:
    types = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    reader = (
        f"read_csv($path, columns = {{{types}}}, auto_detect = false, header = {stream.header},"
        f" delim = {literal(stream.separator)}, quote = '\"', escape = '\"', strict_mode = true,"
        f" compression = '{packing}',"
        f" max_line_size = {LONGEST_RECORD}, store_rejects = true, rejects_limit = 0)"
    )
    sql = f"select $name as _file, row_number() over () as _row, * from {reader}"
    connection.execute("drop table if exists reject_errors")
    connection.execute("drop table if exists reject_scans")
    connection.execute(
        f'create temp table "{table}_part" as {sql}', {"name": name, "path": str(path)}
    )
    _check_quotes(connection, name)
    connection.execute(
        "insert into broken select distinct ?, ?, line - ?, 'row_shape' from reject_errors",
        [table, name, int(stream.header)],
    )
    _count_broken_too(connection, table, name)


def _count_broken_too(connection: duckdb.DuckDBPyConnection, table: str, name: str) -> None:
    """Number the rows of a part as they stand in the file; DuckDB numbers those it could read."""
    broken = "select _row, row_number() over (order by _row) as nth from broken"
    broken += " where stream = ? and _file = ?"
    gaps = f"select _row - nth as before, max(nth) as nth from ({broken}) group by all"
    if connection.execute(f"{broken} limit 1", [table, name]).fetchall():
        connection.execute(
            "create temp table numbered as"
            " select rows.* replace (rows._row + coalesce(gaps.nth, 0) as _row)"
            f' from "{table}_part" as rows asof left join ({gaps}) as gaps'
            " on rows._row > gaps.before",
            [table, name],
        )
        connection.execute(f'drop table "{table}_part"')
        connection.execute(f'alter table numbered rename to "{table}_part"')


def _check_quotes(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Refuse a file in which a quote that ends wrongly, or never, took further lines with it.

    DuckDB counts all of them as one broken row, and keeps of its text the beginning.
    """
    found = connection.execute(
        "select min(line) from reject_errors where error_type = 'UNQUOTED VALUE'"
        f" and (contains(csv_line, chr(10)) or length(csv_line) >= {_KEPT_OF_A_LINE})"
    ).fetchall()[0][0]
    if found is not None:
        raise SourceError(
            f"{name}: a quote opened in line {found} does not end where a cell ends, so the rows"
            ' behind it cannot be told apart; write a quote inside a quoted cell twice ("")'
        )
