"""Records of JSON as DuckDB reads them: each as it was written, what is no record set aside."""

from pathlib import Path

import duckdb

from throughline.connect.exact_numbers import keep_exact
from throughline.connect.texts import LONGEST_RECORD
from throughline.file_stream import FileStream


def load_json(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    stream: FileStream,
    name: str,
    path: Path,
    packing: str,
) -> None:
    """Read records into the table `<table>_part`; what is none goes to `broken`."""
    sql = (
        "select $name as _file, row_number() over () as _row, json as record,"
        " case when json is null then true when starts_with(json, '{') then false"
        " else json_type(json) <> 'OBJECT' end as is_odd"
        f" from {json_reader(stream, packing)}"
    )
    connection.execute(
        f'create temp table "{table}_part" as {sql}', {"name": name, "path": str(path)}
    )
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


def json_reader(stream: FileStream, packing: str) -> str:
    """SQL that reads the records of `$path`, one a row, in the column `json`."""
    lines = stream.format == "jsonl"
    reader = "read_ndjson_objects" if lines else "read_json_objects"
    options = "ignore_errors = true" if lines else "format = 'array'"
    return (
        f"{reader}($path, compression = '{'uncompressed' if packing == 'none' else packing}',"
        f" maximum_object_size = {LONGEST_RECORD}, {options})"
    )
