"""Reading of landed files with DuckDB: strict, every column as text, no row dropped silently."""

from pathlib import Path

import duckdb

from throughline.connect.json_records import json_reader, load_json
from throughline.connect.sheets import sheet_as_text
from throughline.connect.text_tables import load_table
from throughline.connect.texts import RESERVED, as_utf8, text_columns
from throughline.database_stream import DatabaseStream
from throughline.errors import SourceError
from throughline.file_stream import FileStream
from throughline.source_folders import Stream


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
        connection.execute(
            f'create temp table "{table}_part" as {sql}', {"name": name, "path": str(path)}
        )
    elif stream.format == "xlsx":
        with sheet_as_text(path, name, stream) as (copy, as_table):
            _load(connection, table, as_table, name, copy)
    else:
        columns = [] if "json" in stream.format else text_columns(path, name, stream)
        with as_utf8(path, name, stream) as (readable, packing):
            if "json" in stream.format:
                load_json(connection, table, stream, name, readable, packing)
            else:
                load_table(connection, table, stream, name, readable, packing, columns)


def count_lines(
    connection: duckdb.DuckDBPyConnection, stream: FileStream, name: str, path: Path
) -> int:
    """Records of a JSON lines file, sound or not, without looking into them.

    Raises:
        SourceError: the file cannot be read.
    """
    try:
        with as_utf8(path, name, stream) as (readable, packing):
            sql = f"select count(*) from {json_reader(stream, packing)}"
            return connection.execute(sql, {"path": str(readable)}).fetchall()[0][0]
    except duckdb.Error as error:
        raise SourceError(f"{name} cannot be read: {_short(error)}") from error


def _schema(connection: duckdb.DuckDBPyConnection, table: str, stream: Stream) -> list[str]:
    rows = connection.execute(f'describe "{table}"').fetchall()[len(RESERVED) :]
    native = isinstance(stream, DatabaseStream) or stream.format == "parquet"
    return [f"{name} {kind}" if native else name for name, kind, *_ in rows]


def _short(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]
