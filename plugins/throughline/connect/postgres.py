"""PostgreSQL: one query over ADBC in one read-only transaction, streamed into a Parquet file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from throughline import fault
from throughline.connect.instants import as_instant, newer, with_infinities
from throughline.connect.query import Query, TransientError, refusal
from throughline.connect.transactions import Connections
from throughline.errors import SourceError
from throughline.landing.files import sync
from throughline.sql_text import literal, quoted

if TYPE_CHECKING:
    import pyarrow as pa

_NATIVE = (
    "smallint",
    "integer",
    "bigint",
    "boolean",
    "date",
    "real",
    "double precision",
    "text",
    "character varying",
    "timestamp with time zone",
    "timestamp without time zone",
)

_COLUMNS = """
select name::text, kind::text from (
    select column_name as name, data_type as kind, ordinal_position as place
    from information_schema.columns where table_schema = $1 and table_name = $2
    union all
    select attname, format_type(atttypid, null), attnum from pg_attribute
    join pg_class on pg_class.oid = attrelid and relkind = 'm' and relname = $2
    where relnamespace = (select oid from pg_namespace where nspname = $1) and attnum > 0
        and not attisdropped and has_column_privilege(attrelid, attnum, 'select')
) as columns order by place
"""
"""Columns that may be read; the standard's view knows none of a materialized view."""


@dataclass(frozen=True)
class Found:
    """What was read; `cursor_to` is the newest cursor as an ISO instant in UTC."""

    rows: int
    bytes: int
    schema: tuple[str, ...]
    cursor_to: str | None


def read_table(query: Query, path: Path, connections: Connections) -> Found:
    """Write the wanted rows to `path`, ordered by cursor and key; try again what may pass.

    Raises:
        SourceError: unreachable, refused, or the table is not as declared.
    """
    import stamina

    try:
        for attempt in stamina.retry_context(on=TransientError, attempts=4, timeout=90):
            with attempt:
                return _read(query, path, connections)
    except TransientError as error:
        raise SourceError(str(error)) from error
    raise AssertionError("a retry context returns or raises")


def _read(query: Query, path: Path, connections: Connections) -> Found:
    import adbc_driver_manager

    problem = "cannot connect"
    try:
        with connections.transaction(query) as cursor:
            problem = f"reading {query.stream.table} failed"
            columns = _columns(cursor, query)
            fault.point("land.in_transaction")
            return _stream(cursor, query, columns, path)
    except adbc_driver_manager.Error as error:
        raise refusal(query, problem, error) from error


def _columns(cursor: Any, query: Query) -> dict[str, str]:
    """Wanted columns of the table and their PostgreSQL types."""
    stream = query.stream
    schema, _, table = stream.table.rpartition(".")
    cursor.execute(_COLUMNS, (schema or "public", table))
    found = dict(cursor.fetchall())
    if not found:
        raise SourceError(f"{query.where}: there is no table {stream.table} that may be read")
    cursors = [stream.cursor] if stream.cursor else []
    needed = list(dict.fromkeys([*(stream.columns or found), *stream.key, *cursors]))
    missing = [name for name in needed if name not in found]
    if missing:
        raise SourceError(
            f"{query.where}: {stream.table} has no column {', '.join(missing)};"
            f" it has {', '.join(found)}"
        )
    if stream.cursor and not found[stream.cursor].startswith("timestamp"):
        raise SourceError(
            f"{query.where}: cursor {stream.cursor} of {stream.table} is no timestamp"
        )
    return {name: found[name] for name in needed}


def _stream(cursor: Any, query: Query, columns: dict[str, str], path: Path) -> Found:
    import pyarrow.parquet as pq

    cursor.execute(_statement(query, columns))
    reader = cursor.fetch_record_batch()
    rows, newest = 0, None
    with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for batch in _batches(query, reader):
            writer.write_batch(batch)
            rows += batch.num_rows
            newest = newer(newest, batch, query.stream.cursor)
    sync(path)
    schema = tuple(f"{field.name} {columns[field.name]}" for field in reader.schema)
    return Found(rows, path.stat().st_size, schema, as_instant(newest, query.timezone))


def _batches(query: Query, reader: "pa.RecordBatchReader") -> Iterator["pa.RecordBatch"]:
    """The batches of an answer; what breaks off in the middle of it is told as a refusal."""
    import pyarrow as pa

    while True:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        except (OSError, pa.ArrowException) as error:
            raise refusal(query, f"reading {query.stream.table} failed", error) from error
        yield with_infinities(batch)


def _statement(query: Query, columns: dict[str, str]) -> str:
    """The query, without parameters: only so the driver streams its rows and never holds all."""
    stream = query.stream
    schema, _, table = stream.table.rpartition(".")
    picked = ", ".join(_picked(name, kind) for name, kind in columns.items())
    sql = f"select {picked} from {quoted(schema or 'public')}.{quoted(table)}"
    order = [quoted(name) for name in stream.key]
    if stream.cursor is not None:
        instant = quoted(stream.cursor)
        if columns[stream.cursor] == "timestamp without time zone":
            instant = f"({instant} at time zone '{query.timezone}')"
        condition = f"{instant} < timestamptz {literal(query.upper)}"
        if query.lower is not None:
            condition += f" and {instant} >= timestamptz {literal(query.lower)}"
        sql += f" where ({condition}) or {instant} is null"
        order = [quoted(stream.cursor), *order]
    limit = "" if query.most is None else f" limit {query.most:d}"
    return f"{sql} order by {', '.join(order)}{limit}"


def _picked(name: str, kind: str) -> str:
    """A column in its own type where Parquet holds it exactly, else as text."""
    return quoted(name) if kind in _NATIVE else f"{quoted(name)}::text as {quoted(name)}"
