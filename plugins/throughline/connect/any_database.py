"""Any database that SQLAlchemy knows: one query in one transaction, streamed into a Parquet file.

Every value lands as text, as the driver gives it: what a vendor's type means is the mapping's and
the contract's to say.
"""

import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from throughline import fault
from throughline.connect.driver_values import (
    check_zones,
    has_zone,
    is_in_utc,
    newer,
    placed,
    text_of,
)
from throughline.connect.query import Found, Query, refusal, wanted_columns
from throughline.connect.transactions import Connections
from throughline.errors import SourceError
from throughline.landing.files import sync

if TYPE_CHECKING:
    import sqlalchemy as sa

_ROWS = 10_000
_CLOCK_CHANGE = timedelta(hours=1)
"""A local clock that goes back names an hour twice, so that hour is read again."""


def read(query: Query, folder: Path, stem: str, connections: Connections) -> tuple[Found, ...]:
    """Write the wanted rows to `<stem>.parquet`, ordered by cursor and key.

    Raises:
        SourceError: the driver is not installed, refused, or the table is not as declared.
        TransientError: another try may succeed.
    """
    import sqlalchemy as sa

    _check(query)
    problem = "cannot connect"
    try:
        with connections.session(query) as connection:
            problem = f"reading {query.stream.table} failed"
            columns = _columns(connection, query)
            fault.point("land.in_transaction")
            return (_stream(connection, query, columns, folder / f"{stem}.parquet"),)
    except (sa.exc.NoSuchModuleError, ImportError) as error:
        raise SourceError(
            f"{query.where}: its driver is not installed: {error}; add it to the environment, and"
            " name it in the connection, as in mysql+pymysql://"
        ) from error
    except sa.exc.SQLAlchemyError as error:
        is_lost = getattr(error, "connection_invalidated", False)
        given = getattr(error, "orig", None) or error  # without the SQL and its parameters
        raise refusal(query, problem, given, is_lost) from error


def _check(query: Query) -> None:
    import sqlalchemy as sa

    url = sa.make_url(query.server.url)
    is_sqlite = url.get_backend_name() == "sqlite"
    if query.stream.partitions > 1:
        raise SourceError(
            f"{query.where}: `partitions` are PostgreSQL's, whose connections can share one view"
        )
    if is_sqlite and query.stream.cursor:
        raise SourceError(
            f"{query.where}: SQLite has no type of instants, so {query.stream.cursor} orders"
            " nothing for certain; take `cursor` away, and each night takes the whole table"
        )
    if is_sqlite and "uri" not in url.query and not Path(url.database or "").is_file():
        raise SourceError(f"{query.where}: there is no such file")


def _columns(connection: "sa.Connection", query: Query) -> dict[str, Any]:
    """Wanted columns of the table and their types in SQLAlchemy."""
    import sqlalchemy as sa

    schema, _, table = query.stream.table.rpartition(".")
    there: list[Any] = []
    with warnings.catch_warnings(), suppress(sa.exc.NoSuchTableError):
        warnings.simplefilter("ignore", sa.exc.SAWarning)  # of a type it does not know
        there = sa.inspect(connection).get_columns(table, schema=schema or None)
    found = {str(column["name"]): column["type"] for column in there}
    return wanted_columns(query, found, lambda kind: isinstance(kind, sa.DateTime))


def _stream(
    connection: "sa.Connection", query: Query, columns: Mapping[str, Any], path: Path
) -> Found:
    import pyarrow as pa
    import pyarrow.parquet as pq

    in_utc = [is_in_utc(connection, kind) for kind in columns.values()]
    place = list(columns).index(query.stream.cursor) if query.stream.cursor else None
    schema = pa.schema([(name, pa.string()) for name in columns])
    count, newest = 0, None
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in _batches(connection, query, columns):
            values = [tuple(map(placed, row, in_utc)) for row in rows]
            check_zones(query, columns, values)
            texts = [[text_of(value) for value in column] for column in zip(*values, strict=True)]
            writer.write_batch(pa.record_batch([pa.array(t, pa.string()) for t in texts], schema))
            count += len(rows)
            if place is not None:
                newest = newer(newest, (row[place] for row in values), query.timezone)
    sync(path)
    kinds = tuple(f"{name} {kind}" for name, kind in columns.items())
    return Found(path, count, kinds, newest.isoformat() if newest else None)


def _batches(
    connection: "sa.Connection", query: Query, columns: Mapping[str, Any]
) -> Iterator[list[Any]]:
    statement = _statement(connection, query, columns)
    end = time.monotonic() + query.stream.minutes * 60
    with connection.execution_options(yield_per=_ROWS).execute(statement) as result:
        for part in result.partitions():
            if time.monotonic() > end:
                raise SourceError(
                    f"{query.where}: reading {query.stream.table} took more than"
                    f" {query.stream.minutes:g} minutes (`minutes` of the stream)"
                )
            yield list(part)


def _statement(
    connection: "sa.Connection", query: Query, columns: Mapping[str, Any]
) -> "sa.Select[Any]":
    """The query. Its columns have no type, so that values come as the driver gives them."""
    import sqlalchemy as sa

    stream = query.stream
    schema, _, table = stream.table.rpartition(".")
    source = sa.table(table, *map(sa.column, columns), schema=schema or None)
    wanted = sa.select(*(_picked(source.c[name], kind) for name, kind in columns.items()))
    order = [source.c[name] for name in stream.key]
    if stream.cursor is not None:
        kind, instant = columns[stream.cursor], source.c[stream.cursor]
        is_local = not (has_zone(kind) or is_in_utc(connection, kind))
        zone = ZoneInfo(query.timezone) if is_local else UTC

        def bound(moment: datetime) -> Any:
            there = moment.astimezone(zone)
            return sa.literal(there if has_zone(kind) else there.replace(tzinfo=None), kind)

        condition = instant < bound(datetime.fromisoformat(query.upper))
        if query.lower is not None:
            lower = datetime.fromisoformat(query.lower)
            condition &= instant >= bound(lower - _CLOCK_CHANGE if is_local else lower)
        wanted = wanted.where(condition | instant.is_(None))
        order = [instant, *order]
    wanted = wanted.order_by(*order)
    return wanted if query.most is None else wanted.limit(query.most)


def _picked(column: Any, kind: Any) -> Any:
    """A column as its driver gives it; JSON as text, before its numbers become floats."""
    import sqlalchemy as sa

    return sa.cast(column, sa.Text).label(column.name) if isinstance(kind, sa.JSON) else column
