"""A table of a database, read by what its server is, and once more where a refusal may pass."""

from pathlib import Path

from throughline.connect import any_database, postgres
from throughline.connect.query import Found, Query, TransientError
from throughline.connect.transactions import Connections
from throughline.errors import SourceError


def read_table(
    query: Query, folder: Path, stem: str, connections: Connections
) -> tuple[Found, ...]:
    """Write the wanted rows to `<stem>.parquet`, or to a file for each partition of the table.

    Raises:
        SourceError: unreachable, refused, or the table is not as declared.
    """
    import stamina

    read = postgres.read if query.server.is_postgres else any_database.read
    try:
        for attempt in stamina.retry_context(on=TransientError, attempts=4, timeout=90):
            with attempt:
                return read(query, folder, stem, connections)
    except TransientError as error:
        raise SourceError(str(error)) from error
    raise AssertionError("a retry context returns or raises")
