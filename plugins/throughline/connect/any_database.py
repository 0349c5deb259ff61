"""Any database that SQLAlchemy knows: one query in one transaction, streamed into a Parquet file.

Every value lands as text, as the driver gives it: what a vendor's type means is the mapping's and
the contract's to say.
"""

import json
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from throughline import fault
from throughline.connect.query import Found, Query, refusal, wanted_columns
from throughline.connect.transactions import Connections
from throughline.errors import SourceError
from throughline.landing.files import sync

if TYPE_CHECKING:
    import sqlalchemy as sa

_ROWS = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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

    in_utc = [_is_in_utc(connection, kind) for kind in columns.values()]
    place = list(columns).index(query.stream.cursor) if query.stream.cursor else None
    schema = pa.schema([(name, pa.string()) for name in columns])
    count, newest = 0, None
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in _batches(connection, query, columns):
            placed = [tuple(map(_placed, row, in_utc)) for row in rows]
            _check_zones(query, columns, placed)
            texts = [[_text(value) for value in column] for column in zip(*placed, strict=True)]
            writer.write_batch(pa.record_batch([pa.array(t, pa.string()) for t in texts], schema))
            count += len(rows)
            if place is not None:
                newest = _newer(newest, (row[place] for row in placed), query.timezone)
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
        is_local = not (_has_zone(kind) or _is_in_utc(connection, kind))
        zone = ZoneInfo(query.timezone) if is_local else UTC

        def bound(moment: datetime) -> Any:
            there = moment.astimezone(zone)
            return sa.literal(there if _has_zone(kind) else there.replace(tzinfo=None), kind)

        condition = instant < bound(datetime.fromisoformat(query.upper))
        if query.lower is not None:
            lower = datetime.fromisoformat(query.lower)
            condition &= instant >= bound(lower - _CLOCK_CHANGE if is_local else lower)
        wanted = wanted.where(condition | instant.is_(None))
        order = [instant, *order]
    wanted = wanted.order_by(*order)
    return wanted if query.most is None else wanted.limit(query.most)


def _has_zone(kind: Any) -> bool:
    return getattr(kind, "timezone", False) or kind.__visit_name__ == "DATETIMEOFFSET"


def _is_in_utc(connection: "sa.Connection", kind: Any) -> bool:
    """Whether values are instants though they have no zone: our sessions with MySQL are in UTC."""
    import sqlalchemy as sa

    return connection.dialect.name in ("mysql", "mariadb") and isinstance(kind, sa.TIMESTAMP)


def _placed(value: Any, in_utc: bool) -> Any:
    """The value; an instant in UTC."""
    if not isinstance(value, datetime) or not (in_utc or value.tzinfo):
        return value
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def _check_zones(query: Query, columns: Mapping[str, Any], rows: list[tuple[Any, ...]]) -> None:
    """Refuse instants that a driver gives without their zone: nobody knows which they are."""
    for place, (name, kind) in enumerate(columns.items()):
        found = (row[place] for row in rows if isinstance(row[place], datetime))
        if _has_zone(kind) and any(value.tzinfo is None for value in found):
            raise SourceError(
                f"{query.where}: the driver gives {name} of {query.stream.table} without the zone"
                " that it has; read a view that has it in UTC, in a type without zone"
            )


def _picked(column: Any, kind: Any) -> Any:
    """A column as its driver gives it; JSON as text, before its numbers become floats."""
    import sqlalchemy as sa

    return sa.cast(column, sa.Text).label(column.name) if isinstance(kind, sa.JSON) else column


def _newer(newest: datetime | None, values: Iterator[Any], zone: str) -> datetime | None:
    """The newest of an instant and those given; none is older than 1970."""
    for value in values:
        if isinstance(value, datetime):
            placed = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))
            instant = placed.astimezone(UTC)
            if instant >= _EPOCH and (newest is None or instant > newest):
                newest = instant
    return newest


def _text(value: Any) -> str | None:
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat(*([" "] if isinstance(value, datetime) else []))
        case float():
            return repr(value)
        case Decimal():
            return f"{value:f}"
        case bytes() | bytearray() | memoryview():
            return "\\x" + bytes(value).hex()
        case dict() | list() | tuple():
            return json.dumps(value, ensure_ascii=False, default=str)
        case set() | frozenset():
            return ",".join(sorted(map(str, value)))
    return str(value)
