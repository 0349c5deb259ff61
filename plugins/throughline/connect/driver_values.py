"""Values as drivers give them: the instants they are, and the texts they land as."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from throughline.connect.query import Query
from throughline.errors import SourceError

if TYPE_CHECKING:
    import sqlalchemy as sa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def has_zone(kind: Any) -> bool:
    """Whether a type carries the zone of its instants."""
    return getattr(kind, "timezone", False) or kind.__visit_name__ == "DATETIMEOFFSET"


def is_in_utc(connection: "sa.Connection", kind: Any) -> bool:
    """Whether values are instants though they have no zone: our sessions with MySQL are in UTC."""
    import sqlalchemy as sa

    return connection.dialect.name in ("mysql", "mariadb") and isinstance(kind, sa.TIMESTAMP)


def placed(value: Any, in_utc: bool) -> Any:
    """The value; an instant in UTC."""
    if not isinstance(value, datetime) or not (in_utc or value.tzinfo):
        return value
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def check_zones(query: Query, columns: Mapping[str, Any], rows: list[tuple[Any, ...]]) -> None:
    """Refuse instants that a driver gives without their zone: nobody knows which they are."""
    for place, (name, kind) in enumerate(columns.items()):
        found = (row[place] for row in rows if isinstance(row[place], datetime))
        if has_zone(kind) and any(value.tzinfo is None for value in found):
            raise SourceError(
                f"{query.where}: the driver gives {name} of {query.stream.table} without the zone"
                " that it has; read a view that has it in UTC, in a type without zone"
            )


def newer(newest: datetime | None, values: Iterator[Any], zone: str) -> datetime | None:
    """The newest of an instant and those given; none is older than 1970."""
    for value in values:
        if isinstance(value, datetime):
            zoned = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))
            instant = zoned.astimezone(UTC)
            if instant >= _EPOCH and (newest is None or instant > newest):
                newest = instant
    return newest


def text_of(value: Any) -> str | None:
    """A value as text; NULL stays NULL."""
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
