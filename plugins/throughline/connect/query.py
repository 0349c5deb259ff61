"""What to read from a database, and what a refusal of it means."""

import re
from dataclasses import dataclass

from throughline.connect.servers import Server
from throughline.errors import SourceError
from throughline.source_folders import DatabaseStream

_LASTING = re.compile(
    r"authentication failed|does not exist|permission denied|no pg_hba|password supplied|"
    r"invalid|syntax error|could not translate host"
)
_TRANSIENT = re.compile(
    r"connection refused|could not connect|timeout|timed out|server closed|reset by peer|"
    r"starting up|shutting down|too many clients|connection to server .* failed|"
    r"terminating connection|conflict with recovery"
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


class TransientError(Exception):
    """A refusal that may be over in a moment."""


def refusal(query: Query, what: str, error: Exception) -> Exception:
    """The error to raise: worth another try or not; the message holds no password."""
    said = " ".join(query.server.redact(str(error)).split())[:400]
    message = f"{query.where}: {what}: {said}"
    if "statement timeout" in said:
        taken = f"more than {query.stream.minutes:g} minutes (`minutes` of the stream)"
        return SourceError(f"{message}; it took {taken}")
    lasting = _LASTING.search(said.lower()) or not _TRANSIENT.search(said.lower())
    return SourceError(message) if lasting else TransientError(message)
