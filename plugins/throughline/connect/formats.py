"""Reading of landed files with DuckDB: strict, every column as text, no row dropped silently."""

from pathlib import Path

import duckdb

from throughline.connect.exact_numbers import keep_exact
from throughline.connect.sheets import sheet_as_text
from throughline.connect.texts import (
    LONGEST_RECORD,
    RESERVED,
    as_utf8,
    mixes_line_ends,
    text_columns,
    with_one_line_end,
)
from throughline.errors import SourceError
from throughline.source_folders import DatabaseStream, FileStream, Stream
from throughline.sql_text import literal

_KEPT_OF_A_LINE = 10_000
_LOST = "state machine reached an invalid state"
"""What DuckDB says of a line that ends otherwise than those before it."""


def read_stream(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    stream: Stream,
    files: list[tuple[str, Path]],
) -> list[str]:
    """Read the files of a batch into a temporary table with `_file`, `_row` and their columns.

    `_row` counts the rows of a file from 1, without its header, whether they can be read or not.
    Rows that are not even a record go to the temporary table `broken(stream, _file, _row, reason)`.
    JSON has the one column `record`. Returns the schema: column names, and types where native.

    Raises:
        SourceError: a file is not what its format says, or two files have different columns.
    """
    connection.execute(
        "create temp table if not exists broken"
        " (stream varchar, _file varchar, _row bigint, reason varchar)"
    )
    schema: list[str] | None = None
    for name, path in files:
        try:
            _load(connection, table, stream, name, path)
        except duckdb.Error as error:
            raise SourceError(f"{name} cannot be read: {_short(error)}") from error
        here = _schema(connection, f"{table}_part", stream)
        if schema is not None and here != schema:
            raise SourceError(f"{name}: columns {here} differ from {schema} of the same batch")
        if schema is None:
            connection.execute(f'alter table "{table}_part" rename to "{table}"')
        else:
            connection.execute(f'insert into "{table}" from "{table}_part"')
            connection.execute(f'drop table "{table}_part"')
        schema = here
    return schema or []


def _load(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    stream: Stream,
    name: str,
    path: Path,
) -> None:
    if isinstance(stream, DatabaseStream) or stream.format == "parquet":
        sql = "select $name as _file, file_row_number + 1 as _row, * exclude (file_row_number)"
        sql += " from read_parquet($path, file_row_number = true)"
        _part(connection, table, sql, name, path)
    elif stream.format == "xlsx":
        with sheet_as_text(path, name, stream) as (copy, as_table):
            _load(connection, table, as_table, name, copy)
    else:
        columns = [] if "json" in stream.format else text_columns(path, name, stream)
        with as_utf8(path, name, stream) as (readable, packing):
            if "json" in stream.format:
                _load_json(connection, table, stream, name, readable, packing)
            else:
                _load_table(connection, table, stream, name, readable, packing, columns)


def _load_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    stream: FileStream,
    name: str,
    path: Path,
    packing: str,
    columns: list[str],
) -> None:
    """Read a text table; one whose lines end in two ways, even if only far down, from a copy."""
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
    _part(connection, table, sql, name, path)
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


def _load_json(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    stream: FileStream,
    name: str,
    path: Path,
    packing: str,
) -> None:
    sql = (
        "select $name as _file, row_number() over () as _row, json as record,"
        " case when json is null then true when starts_with(json, '{') then false"
        " else json_type(json) <> 'OBJECT' end as is_odd"
        f" from {_json_reader(stream, packing)}"
    )
    _part(connection, table, sql, name, path)
    _set_aside(connection, table, "is_odd", "invalid_json")
    connection.execute(f'alter table "{table}_part" drop column is_odd')
    doubled = "len(keys) <> len(list_distinct(keys))"
    shapes = f'select distinct json_keys(record) as keys from "{table}_part"'
    if connection.execute(f"select bool_or({doubled}) from ({shapes})").fetchall()[0][0]:
        doubled = doubled.replace("keys", "json_keys(record)")
        _set_aside(connection, table, doubled, "duplicate_json_key")
    keep_exact(connection, f"{table}_part")


def _set_aside(
    connection: duckdb.DuckDBPyConnection, table: str, condition: str, reason: str
) -> None:
    """Move the records that meet a condition from the part to `broken`."""
    connection.execute(
        f'insert into broken select ?, _file, _row, ? from "{table}_part" where {condition}',
        [table, reason],
    )
    connection.execute(f'delete from "{table}_part" where {condition}')


def count_lines(
    connection: duckdb.DuckDBPyConnection, stream: FileStream, name: str, path: Path
) -> int:
    """Records of a JSON lines file, sound or not, without looking into them.

    Raises:
        SourceError: the file cannot be read.
    """
    try:
        with as_utf8(path, name, stream) as (readable, packing):
            sql = f"select count(*) from {_json_reader(stream, packing)}"
            return connection.execute(sql, {"path": str(readable)}).fetchall()[0][0]
    except duckdb.Error as error:
        raise SourceError(f"{name} cannot be read: {_short(error)}") from error


def _json_reader(stream: FileStream, packing: str) -> str:
    lines = stream.format == "jsonl"
    reader = "read_ndjson_objects" if lines else "read_json_objects"
    options = "ignore_errors = true" if lines else "format = 'array'"
    return (
        f"{reader}($path, compression = '{'uncompressed' if packing == 'none' else packing}',"
        f" maximum_object_size = {LONGEST_RECORD}, {options})"
    )


def _part(
    connection: duckdb.DuckDBPyConnection, table: str, sql: str, name: str, path: Path
) -> None:
    connection.execute(
        f'create temp table "{table}_part" as {sql}', {"name": name, "path": str(path)}
    )


def _schema(connection: duckdb.DuckDBPyConnection, table: str, stream: Stream) -> list[str]:
    rows = connection.execute(f'describe "{table}"').fetchall()[len(RESERVED) :]
    native = isinstance(stream, DatabaseStream) or stream.format == "parquet"
    return [f"{name} {kind}" if native else name for name, kind, *_ in rows]


def _short(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]
