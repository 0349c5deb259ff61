"""All keys of a stream as the source holds them now, without its other columns."""

from datetime import UTC, datetime
from pathlib import Path

from throughline.connect.query import Query
from throughline.connect.rest import read_endpoint_keys
from throughline.connect.servers import read_server
from throughline.connect.tables import read_table
from throughline.connect.transactions import Connections
from throughline.database_stream import DatabaseStream
from throughline.settings import Settings
from throughline.source_folders import Source


def read_keys(
    settings: Settings,
    source: Source,
    name: str,
    folder: Path,
    connections: Connections,
    most: int | None = None,
) -> Path:
    """Write the keys of a table or an endpoint to a file in `folder`, and return its path.

    A table is read in one transaction; a sample takes at most `most` keys. The file is read as
    landed files of the stream are.

    Raises:
        SourceError, ConfigError: unreachable, refused, or not as declared.
    """
    stream = source.streams[name]
    if not isinstance(stream, DatabaseStream):
        path = folder / "keys.jsonl.gz"
        read_endpoint_keys(settings, source, name, path, most)
        return path
    only = {"columns": stream.key, "cursor": None, "partitions": 1}
    only_keys = stream.model_copy(update=only)
    server, now = read_server(settings, stream.connection), datetime.now(UTC).isoformat()
    query = Query(server, only_keys, source.timezone, None, now, most)
    [found] = read_table(query, folder, "keys", connections)
    return found.path
