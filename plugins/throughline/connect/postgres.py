"""PostgreSQL: a table over ADBC in one read-only view of it, streamed into Parquet files."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from throughline import fault
from throughline.connect.instants import as_instant, newer, with_infinities
from throughline.connect.query import Found, Query, refusal, wanted_columns
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


def read(query: Query, folder: Path, stem: str, connections: Connections) -> tuple[Found, ...]:
    """Write the wanted rows to `<stem>.parquet`, ordered by cursor and key.

    A table that is read whole in partitions becomes a file for each, `<stem>-01.parquet` and so on:
    ranges of its pages, read at the same time by connections that see one state of it.

    Raises:
        SourceError: refused, or the table is not as declared.
        TransientError: another try may succeed.
    """
    import adbc_driver_manager

    problem = "cannot connect"
    try:
        with connections.transaction(query) as cursor:
            problem = f"reading {query.stream.table} failed"
            columns = _columns(cursor, query)
            fault.point("land.in_transaction")
            whole = query.lower is None and query.most is None
            if whole and query.stream.partitions > 1:
                return _read_partitions(cursor, query, columns, folder / stem)
            return (_stream(cursor, query, columns, folder / f"{stem}.parquet"),)
    except adbc_driver_manager.Error as error:
        raise refusal(query, problem, error) from error


def _read_partitions(
    cursor: Any, query: Query, columns: dict[str, str], stem: Path
) -> tuple[Found, ...]:
    """Read ranges of a table's pages at the same time; the cursor's transaction lends its view."""
    ranges = _page_ranges(cursor, query)
    cursor.execute("select pg_export_snapshot()::text")
    [[snapshot]] = cursor.fetchall()

    def read_range(number: int) -> Found:
        path = stem.with_name(f"{stem.name}-{number + 1:02d}.parquet")
        with Connections() as own, own.transaction(query, snapshot) as other:
            return _stream(other, query, columns, path, ranges[number])

    with ThreadPoolExecutor(len(ranges)) as readers:
        return tuple(readers.map(read_range, range(len(ranges))))


def _page_ranges(cursor: Any, query: Query) -> list[str]:
    """Conditions that part a table by its pages, each row being in one; the last one is open."""
    schema, _, table = query.stream.table.rpartition(".")
    cursor.execute(
        "select relkind::text, pg_relation_size(pg_class.oid) / current_setting('block_size')::int8"
        " from pg_class join pg_namespace on relnamespace = pg_namespace.oid"
        " where nspname = $1 and relname = $2",
        (schema or "public", table),
    )
    [[kind, pages]] = cursor.fetchall()
    if kind not in ("r", "m"):
        raise SourceError(
            f"{query.where}: {query.stream.table} is no table of its own, which alone can be read"
            " in partitions; take `partitions` away"
        )
    number = max(1, min(query.stream.partitions, pages))
    begins = [pages * index // number for index in range(number)]
    return [
        f"ctid >= '({begin},0)'" + (f" and ctid < '({end},0)'" if end is not None else "")
        for begin, end in zip(begins, [*begins[1:], None], strict=True)
    ]


def _columns(cursor: Any, query: Query) -> dict[str, str]:
    """Wanted columns of the table and their PostgreSQL types."""
    schema, _, table = query.stream.table.rpartition(".")
    cursor.execute(_COLUMNS, (schema or "public", table))
    found: dict[str, str] = dict(cursor.fetchall())
    return wanted_columns(query, found, lambda kind: kind.startswith("timestamp"))


def _stream(
    cursor: Any, query: Query, columns: dict[str, str], path: Path, pages: str = "true"
) -> Found:
    import pyarrow.parquet as pq

    cursor.execute(_statement(query, columns, pages))
    reader = cursor.fetch_record_batch()
    rows, newest = 0, None
    with pq.ParquetWriter(path, reader.schema, compression="zstd") as writer:
        for batch in _batches(query, reader):
            writer.write_batch(batch)
            rows += batch.num_rows
            newest = newer(newest, batch, query.stream.cursor)
    sync(path)
    schema = tuple(f"{field.name} {columns[field.name]}" for field in reader.schema)
    return Found(path, rows, schema, as_instant(newest, query.timezone))


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


def _statement(query: Query, columns: dict[str, str], pages: str) -> str:
    """The query, without parameters: only so the driver streams its rows and never holds all."""
    stream = query.stream
    schema, _, table = stream.table.rpartition(".")
    picked = ", ".join(_picked(name, kind) for name, kind in columns.items())
    sql = f"select {picked} from {quoted(schema or 'public')}.{quoted(table)} where {pages}"
    order = [quoted(name) for name in stream.key]
    if stream.cursor is not None:
        instant = quoted(stream.cursor)
        if columns[stream.cursor] == "timestamp without time zone":
            instant = f"({instant} at time zone '{query.timezone}')"
        condition = f"{instant} < timestamptz {literal(query.upper)}"
        if query.lower is not None:
            condition += f" and {instant} >= timestamptz {literal(query.lower)}"
        sql += f" and (({condition}) or {instant} is null)"
        order = [quoted(stream.cursor), *order]
    limit = "" if query.most is None else f" limit {query.most:d}"
    return f"{sql} order by {', '.join(order)}{limit}"


def _picked(name: str, kind: str) -> str:
    """A column in its own type where Parquet holds it exactly, else as text."""
    return quoted(name) if kind in _NATIVE else f"{quoted(name)}::text as {quoted(name)}"
