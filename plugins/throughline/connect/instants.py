"""Instants and days as PostgreSQL sends them: those without end, and the newest of a cursor."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import pyarrow as pa

_DAYS = 10_957
"""From 1970, where Parquet counts from, to 2000, where PostgreSQL does."""
_MICROSECONDS = _DAYS * 86_400_000_000


def with_infinities(batch: "pa.RecordBatch") -> "pa.RecordBatch":
    """The batch with `infinity` and `-infinity` as DuckDB knows them.

    PostgreSQL has the largest and the smallest number for them. The driver adds 30 years to both,
    so that what never ends would have ended hundreds of thousands of years before Christ.
    """
    import pyarrow as pa

    for index, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type):
            number, added = pa.int64(), _MICROSECONDS
        elif pa.types.is_date32(field.type):
            number, added = pa.int32(), _DAYS
        else:
            continue
        made = _moved_back(batch.column(index).view(number), added).view(field.type)
        batch = batch.set_column(index, field, made)
    return batch


def _moved_back(numbers: "pa.Array", added: int) -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    smallest = -(2 ** (numbers.type.bit_width - 1))
    for sent, meant in ((smallest + added - 1, -smallest - 1), (smallest + added, smallest + 1)):
        found = pc.equal(numbers, pa.scalar(sent, numbers.type))
        numbers = pc.if_else(found, pa.scalar(meant, numbers.type), numbers)
    return numbers


def newer(newest: datetime | None, batch: "pa.RecordBatch", column: str | None) -> datetime | None:
    """The newest of an instant and those of a column; none is older than 1970."""
    import pyarrow.compute as pc

    if column is None:
        return None
    here = pc.max(batch.column(column))
    if here.value is None or here.value < 0:
        return newest
    return here.as_py() if newest is None else max(newest, here.as_py())


def as_instant(newest: datetime | None, timezone: str) -> str | None:
    """An instant in UTC, ISO; one without zone is of the zone given."""
    if newest is None:
        return None
    placed = newest if newest.tzinfo else newest.replace(tzinfo=ZoneInfo(timezone))
    return placed.astimezone(UTC).isoformat()
