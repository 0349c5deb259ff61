"""What to read from a database, and what a refusal of it means."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from throughline.errors import SourceError
from throughline.source_folders import DatabaseStream

CONNECT_SECONDS = 10
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

    url: str
    stream: DatabaseStream
    timezone: str
    lower: str | None
    upper: str
    most: int | None = None

    @property
    def where(self) -> str:
        """Connection, host and port, for messages; never the password."""
        parts = urlsplit(self.url)
        return f"{self.stream.connection} at {parts.hostname}:{parts.port or 5432}"

    @property
    def bounded_url(self) -> str:
        """The URL with a limit on how long connecting may take."""
        if "connect_timeout" in self.url:
            return self.url
        return f"{self.url}{'&' if '?' in self.url else '?'}connect_timeout={CONNECT_SECONDS}"


class TransientError(Exception):
    """A refusal that may be over in a moment."""


def refusal(query: Query, what: str, error: Exception) -> Exception:
    """The error to raise: worth another try or not; the message holds no password."""
    password = urlsplit(query.url).password
    said = " ".join(str(error).split())[:400]
    said = said.replace(password, "***") if password else said
    message = f"{query.where}: {what}: {said}"
    lasting = _LASTING.search(said.lower()) or not _TRANSIENT.search(said.lower())
    return SourceError(message) if lasting else TransientError(message)
