"""Read-only SQL on the served release, with everything else switched off."""

from dataclasses import dataclass
from typing import Any

import duckdb

from throughline.errors import PublishError, ThroughlineError
from throughline.settings import Settings


class QueryError(ThroughlineError):
    """The SQL was refused or is wrong."""


@dataclass(frozen=True)
class Answer:
    """Columns (name and type) and rows of a query."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def query(settings: Settings, sql: str, limit: int | None = None) -> Answer:
    """Run one query on the served release; instants come back in UTC.

    The connection reads this one file and nothing else: no other files, no network, no extensions,
    no settings, no Python variables.

    Raises:
        PublishError: nothing is published yet, or the release is damaged.
        QueryError: the SQL is wrong, or wants more than to read.
    """
    if not settings.current.exists():
        raise PublishError("nothing is published yet; `throughline run` publishes a first release")
    with _reader(settings) as con:
        try:
            cursor = con.execute(sql)
            if cursor is None:
                raise QueryError("there is no statement in it")
            described = cursor.description or []
            rows = cursor.fetchall() if limit is None else cursor.fetchmany(limit)
        except duckdb.Error as error:
            raise QueryError(str(error)) from error
    return Answer(
        columns=tuple(column[0] for column in described),
        types=tuple(str(column[1]) for column in described),
        rows=rows,
    )


def _reader(settings: Settings) -> duckdb.DuckDBPyConnection:
    config: dict[str, Any] = {
        "memory_limit": settings.warehouse.memory_limit,
        "threads": settings.warehouse.threads,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
    }
    try:
        con = duckdb.connect(str(settings.current.resolve()), read_only=True, config=config)
    except duckdb.Error as error:
        raise PublishError(
            f"{settings.current} cannot be read ({error}); `throughline release rollback` serves"
            " another one of `throughline release list`"
        ) from error
    con.execute("set TimeZone = 'UTC'")
    con.execute("set python_enable_replacements = false")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con
