"""What to read from a database, and what a refusal of it means."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from throughline.connect.servers import Server
from throughline.database_stream import DatabaseStream
from throughline.errors import SourceError

T = TypeVar("T")
_LASTING = re.compile(
    r"authentication failed|does not exist|permission denied|no pg_hba|password supplied|"
    r"invalid|syntax error|could not translate host"
)
_TRANSIENT = re.compile(
    r"connection refused|could not connect|timeout|timed out|server closed|reset by peer|"
    r"starting up|shutting down|too many clients|connection to server .* failed|"
    r"terminating connection|conflict with recovery|"
    r"lost connection|gone away|can't connect|database is locked"
)


@dataclass(frozen=True)
class Query:
    """What to read. `lower` is inclusive, `upper` exclusive, both ISO instants of the cursor.

    `timezone` is the zone of a cursor column that carries none; `most` rows are read, None for all.
    """

    server: Server
    stream: DatabaseStream
    timezone: str
    lower: str | None
    upper: str
    most: int | None = None

    @property
    def where(self) -> str:
        """Connection, host and port, for messages; never the password."""
        return f"{self.server.name} at {self.server.hosts}"


@dataclass(frozen=True)
class Found:
    """A file that was written; `cursor_to` is its newest cursor as an ISO instant in UTC."""

    path: Path
    rows: int
    schema: tuple[str, ...]
    cursor_to: str | None


def wanted_columns(
    query: Query, found: Mapping[str, T], is_timestamp: Callable[[T], bool]
) -> dict[str, T]:
    """Columns to read of a table that has those `found`, with their types; none is no table.

    Raises:
        SourceError: there is no such table or column, or the cursor is no timestamp.
    """
    stream = query.stream
    if not found:
        raise SourceError(f"{query.where}: there is no table {stream.table} that may be read")
    cursors = [stream.cursor] if stream.cursor else []
    needed = dict.fromkeys([*(stream.columns or found), *stream.key, *cursors])
    missing = [name for name in needed if name not in found]
    if missing:
        raise SourceError(
            f"{query.where}: {stream.table} has no column {', '.join(missing)};"
            f" it has {', '.join(found)}"
        )
    if stream.cursor and not is_timestamp(found[stream.cursor]):
        raise SourceError(
            f"{query.where}: cursor {stream.cursor} of {stream.table} is no timestamp"
        )
    return {name: found[name] for name in needed}


class TransientError(Exception):
    """A refusal that may be over in a moment."""


def refusal(query: Query, what: str, error: Exception, is_lost: bool = False) -> Exception:
    """The error to raise: worth another try or not; the message holds no password.

    A connection that `is_lost` is worth one.
    """
    said = " ".join(query.server.redact(str(error)).split())[:400]
    message = f"{query.where}: {what}: {said}"
    if "statement timeout" in said:
        taken = f"more than {query.stream.minutes:g} minutes (`minutes` of the stream)"
        return SourceError(f"{message}; it took {taken}")
    lasting = _LASTING.search(said.lower()) or not _TRANSIENT.search(said.lower())
    return SourceError(message) if lasting and not is_lost else TransientError(message)
