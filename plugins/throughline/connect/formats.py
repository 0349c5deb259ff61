"""Reading of landed files with DuckDB: strict, every column as text, no row dropped silently."""

import codecs
import contextlib
import csv
import gzip
import io
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import duckdb

from throughline.errors import SourceError
from throughline.source_folders import DatabaseStream, FileStream

LONGEST_RECORD = 64 * 1024 * 1024
"""Bytes; a longer line or JSON document is refused."""
_RESERVED = ("_file", "_row")


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
    if not header or "" in header or doubled or any(cell in _RESERVED for cell in folded):
        raise SourceError(
            f"{name}: header {header} has no, empty, reserved or doubled names {doubled} "
            "(upper and lower case count as the same)"
        )
    missing = [column for column in stream.columns if column.lower() not in folded]
    if missing:
        raise SourceError(f"{name}: declared columns {missing} are missing from header {header}")
    return header


def read_stream(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    stream: FileStream | DatabaseStream,
    files: list[tuple[str, Path]],
) -> list[str]:
    """Read the files of a batch into a temporary table with `_file`, `_row` and their columns.

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
            _load(connection, table, stream, name, path, new=schema is None)
        except duckdb.Error as error:
            raise SourceError(f"{name} cannot be read: {_short(error)}") from error
        here = _schema(connection, f"{table}_part", stream)
        if schema is not None and here != schema:
            raise SourceError(f"{name}: columns {here} differ from {schema} of the same batch")
        connection.execute(f'insert into "{table}" select * from "{table}_part"')
        connection.execute(f'drop table "{table}_part"')
        schema = here
    return schema or []


def _load(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    stream: FileStream | DatabaseStream,
    name: str,
    path: Path,
    new: bool,
) -> None:
    if isinstance(stream, DatabaseStream) or stream.format == "parquet":
        sql = "select $name as _file, file_row_number + 1 as _row, * exclude (file_row_number)"
        sql += " from read_parquet($path, file_row_number = true)"
        _part(connection, table, sql, name, path)
    else:
        columns = [] if "json" in stream.format else text_columns(path, name, stream)
        with _as_utf8(path, name, stream) as (readable, compressed):
            if "json" in stream.format:
                _load_json(connection, table, stream, name, readable, compressed)
            else:
                _load_text(connection, table, stream, name, readable, compressed, columns)
    if new:
        connection.execute(f'create temp table "{table}" as from "{table}_part" limit 0')


def _load_text(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    stream: FileStream,
    name: str,
    path: Path,
    compressed: bool,
    columns: list[str],
) -> None:
    types = ", ".join(f"{_text(column)}: 'VARCHAR'" for column in columns)
    reader = (
        f"read_csv($path, columns = {{{types}}}, auto_detect = false, header = {stream.header},"
        f" delim = {_text(stream.separator)}, quote = '\"', escape = '\"', strict_mode = true,"
        f" compression = '{'gzip' if compressed else 'none'}',"
        f" max_line_size = {LONGEST_RECORD}, store_rejects = true, rejects_limit = 0)"
    )
    sql = f"select $name as _file, row_number() over () as _row, * from {reader}"
    connection.execute("drop table if exists reject_errors")
    connection.execute("drop table if exists reject_scans")
    _part(connection, table, sql, name, path)
    connection.execute(
        "insert into broken select distinct ?, ?, line, 'row_shape' from reject_errors",
        [table, name],
    )


def _load_json(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    stream: FileStream,
    name: str,
    path: Path,
    compressed: bool,
) -> None:
    lines = stream.format == "jsonl"
    reader = "read_ndjson_objects" if lines else "read_json_objects"
    options = ", ignore_errors = true" if lines else ", format = 'array'"
    sql = (
        f"select $name as _file, row_number() over () as _row, json as record from {reader}($path,"
        f" compression = '{'gzip' if compressed else 'uncompressed'}',"
        f" maximum_object_size = {LONGEST_RECORD}{options})"
    )
    _part(connection, f"{table}_raw", sql, name, path)
    reason = (
        "case when record is null or json_type(record) <> 'OBJECT' then 'invalid_json'"
        " when len(json_keys(record)) <> len(list_distinct(json_keys(record)))"
        " then 'duplicate_json_key' end"
    )
    raw = f'"{table}_raw_part"'
    connection.execute(
        f"insert into broken select ?, _file, _row, {reason} from {raw} where {reason} is not null",
        [table],
    )
    connection.execute(
        f'create temp table "{table}_part" as from {raw} where {reason} is null order by _row'
    )
    connection.execute(f"drop table {raw}")


def _part(
    connection: duckdb.DuckDBPyConnection, table: str, sql: str, name: str, path: Path
) -> None:
    connection.execute(
        f'create temp table "{table}_part" as {sql}', {"name": name, "path": str(path)}
    )


def _schema(
    connection: duckdb.DuckDBPyConnection, table: str, stream: FileStream | DatabaseStream
) -> list[str]:
    rows = connection.execute(f'describe "{table}"').fetchall()[len(_RESERVED) :]
    native = isinstance(stream, DatabaseStream) or stream.format == "parquet"
    return [f"{name} {kind}" if native else name for name, kind, *_ in rows]


@contextlib.contextmanager
def _as_utf8(path: Path, name: str, stream: FileStream) -> Iterator[tuple[Path, bool]]:
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


def _open(path: Path, name: str, stream: FileStream) -> IO[bytes]:
    return gzip.open(path, "rb") if is_gzip(name, stream) else path.open("rb")


def _codec(stream: FileStream) -> str:
    return "utf-8-sig" if codecs.lookup(stream.encoding).name == "utf-8" else stream.encoding


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _short(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]
