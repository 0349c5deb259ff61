"""Read-only transactions on database servers, over connections that stay open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from throughline.connect.query import Query

if TYPE_CHECKING:
    import sqlalchemy as sa

LOCK_SECONDS = 600
_BEGIN = (
    "set timezone to 'UTC'",
    f"set lock_timeout to '{LOCK_SECONDS}s'",
    "begin isolation level repeatable read read only",
)
_LEVELS = ("SNAPSHOT", "REPEATABLE READ", "SERIALIZABLE")
"""Those that show one state of the database, the first of which locks nothing anywhere."""


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
    def transaction(self, query: Query, snapshot: str | None = None) -> Iterator[Any]:
        """A cursor in a read-only transaction of PostgreSQL, on the connection of the query.

        With the `snapshot` that another transaction exported, it sees what that one does.
        """
        import adbc_driver_postgresql.dbapi as postgres

        def connect(url: str) -> Any:
            return postgres.connect(url, autocommit=True)

        with self._kept(query, connect) as connection, connection.cursor() as cursor:
            limit = f"set statement_timeout to '{query.stream.minutes * 60:.0f}s'"
            for statement in (limit, *_BEGIN):
                cursor.execute(statement)
            if snapshot is not None:
                cursor.execute(f"set transaction snapshot '{snapshot}'")
            yield cursor
            cursor.execute("rollback")

    @contextmanager
    def session(self, query: Query) -> Iterator["sa.Connection"]:
        """A connection of SQLAlchemy in a transaction that sees one state of the database."""
        with self._kept(query, _connect) as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def _kept(self, query: Query, connect: Callable[[str], Any]) -> Iterator[Any]:
        url = query.server.url
        connection = self._open.pop(url, None) or connect(url)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        self._open[url] = connection


def _connect(url: str) -> "sa.Connection":
    import sqlalchemy as sa

    connection = sa.create_engine(url, poolclass=sa.pool.NullPool).connect()
    dialect = connection.dialect
    if dialect.name in ("mysql", "mariadb"):
        connection.exec_driver_sql("set time_zone = '+00:00'")  # of its TIMESTAMP, not of DATETIME
        connection.rollback()
    try:
        offered = dialect.get_isolation_level_values(connection.connection.dbapi_connection)
    except NotImplementedError:
        offered = ()
    level = next((level for level in _LEVELS if level in offered), None)
    return connection.execution_options(isolation_level=level) if level else connection
