"""The keys of a database stream in `source.yml`: table, key, cursor, limits."""

import re
from typing import Literal

from pydantic import Field, field_validator

from throughline.settings_alerts import Section

TABLE = re.compile(r"[^\W\d][\w$]{0,62}(\.[^\W\d][\w$]{0,62})?")
COLUMN = re.compile(r"[^\W\d][\w$]{0,62}")


class DatabaseStream(Section):
    """One table of a database; without a cursor each night takes all of it.

    A read that takes longer than `minutes` stops and complains. `partitions` of a PostgreSQL table
    that is read whole are read at the same time.
    """

    way: Literal["database"]
    connection: str
    table: str
    key: tuple[str, ...] = Field(min_length=1)
    cursor: str | None = None
    lag_hours: float = Field(default=24, ge=0)
    minutes: float = Field(default=90, ge=0.1, le=1440)
    columns: tuple[str, ...] = ()
    partitions: int = Field(default=1, ge=1, le=16)

    @field_validator("table")
    @classmethod
    def _table_shape(cls, value: str) -> str:
        if not TABLE.fullmatch(value):
            raise ValueError(f"{value!r} is not a table name such as crm.leads")
        return value

    @field_validator("key", "columns")
    @classmethod
    def _column_shapes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not COLUMN.fullmatch(name):
                raise ValueError(f"{name!r} is not a column name")
        return value

    @field_validator("cursor")
    @classmethod
    def _cursor_shape(cls, value: str | None) -> str | None:
        if value is not None and not COLUMN.fullmatch(value):
            raise ValueError(f"{value!r} is not a column name")
        return value
