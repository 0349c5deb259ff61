"""One stream of a source, whatever its way in."""

from datetime import date

from throughline.connect.database import land_table
from throughline.connect.files import land_files
from throughline.connect.rest import land_endpoint
from throughline.connect.transactions import Connections
from throughline.database_stream import DatabaseStream
from throughline.errors import ThroughlineError
from throughline.file_stream import FileStream
from throughline.settings import Settings
from throughline.source_folders import Source


def land_stream(
    settings: Settings, source: Source, name: str, as_of: date, connections: Connections
) -> tuple[list[str], list[str]]:
    """Land a stream for a night; return what failed and what should be known."""
    stream = source.streams[name]
    try:
        if isinstance(stream, FileStream):
            landing = land_files(settings, source, name, as_of)
            waiting = [f"{name}: {file} waits for its control" for file in landing.not_ready]
            return [f"{name}: {error}" for error in landing.errors], waiting
        if isinstance(stream, DatabaseStream):
            land_table(settings, source, name, as_of, connections)
        else:
            land_endpoint(settings, source, name, as_of)
    except ThroughlineError as error:
        return [f"{name}: {error}"], []
    return [], []
