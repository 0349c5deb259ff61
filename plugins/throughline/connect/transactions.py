"""Read-only transactions on a PostgreSQL server, over connections that stay open."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from throughline.connect.query import Query

LOCK_SECONDS = 600
_BEGIN = (
    "set timezone to 'UTC'",
    f"set lock_timeout to '{LOCK_SECONDS}s'",
    "begin isolation level repeatable read read only",
)


class Connections:
    """Connections that stay open from table to table; opening one costs more than a small table.

    One that saw an error is never used again.
    """

    def __init__(self) -> None:
        self._open: dict[str, Any] = {}

    def __enter__(self) -> "Connections":
        return self

    def __exit__(self, *error: object) -> None:
        while self._open:
            self._open.popitem()[1].close()

    @contextmanager
    def transaction(self, query: Query) -> Iterator[Any]:
        """A cursor in a read-only transaction of its own, on the connection of the query."""
        import adbc_driver_postgresql.dbapi as postgres

        url = query.server.url
        connection = self._open.pop(url, None) or postgres.connect(url, autocommit=True)
        try:
            with connection.cursor() as cursor:
                limit = f"set statement_timeout to '{query.stream.minutes * 60:.0f}s'"
                for statement in (limit, *_BEGIN):
                    cursor.execute(statement)
                yield cursor
                cursor.execute("rollback")
        except BaseException:
            connection.close()
            raise
        self._open[url] = connection
