"""Databases: one consistent, read-only look at a table, over a cursor or whole."""

from contextlib import nullcontext
from datetime import date, datetime

from throughline import fault
from throughline.connect.cursors import lower_bound, standing
from throughline.connect.query import Query
from throughline.connect.servers import read_server
from throughline.connect.tables import read_table
from throughline.connect.transactions import Connections
from throughline.database_stream import DatabaseStream
from throughline.landing.drafts import Draft, commit, new_draft_folder
from throughline.landing.manifests import LandedFile, Manifest, landed, sha256_of
from throughline.settings import Settings
from throughline.source_folders import Source
from throughline.windows import SNAPSHOT, instant_after


def land_table(
    settings: Settings,
    source: Source,
    name: str,
    as_of: date,
    connections: Connections | None = None,
    most: int | None = None,
) -> list[Manifest]:
    """Land a table for a night: all rows, or those with a cursor up to the end of `as_of`.

    A night takes a stream once: when it already holds a batch of this night that is not
    withdrawn, nothing is read. The lower bound is the newest cursor of earlier nights less the
    lag, inclusive, so that rows committed late are read again; the upper bound excludes the first
    instant after `as_of`. Who lands many tables gives the connections for all of them; a sample
    takes at most `most` rows. Returns the new batches.

    Raises:
        SourceError: unreachable, refused, or the table is not as declared.
        ConfigError: the connection is missing or is none to a database.
    """
    stream = source.streams[name]
    assert isinstance(stream, DatabaseStream)
    known = standing(settings, source.name, name)
    if any(manifest.as_of == as_of for manifest in known):
        return []
    lower = lower_bound(settings, known, stream.lag_hours, as_of) if stream.cursor else None
    before = {manifest.batch for manifest in landed(settings, source.name, name)}
    folder = new_draft_folder(settings, source.name, name)
    query = Query(
        read_server(settings, stream.connection),
        stream,
        source.timezone,
        lower,
        instant_after(settings, as_of).isoformat(),
        most,
    )
    with nullcontext(connections) if connections else Connections() as opened:
        found = read_table(query, folder, "data", opened)
    window = as_of.isoformat() if stream.cursor else SNAPSHOT
    files = tuple(
        LandedFile(one.path.name, one.path.stat().st_size, sha256_of(one.path), one.rows)
        for one in found
    )
    reached = [one.cursor_to for one in found if one.cursor_to is not None]
    newest = max(reached, key=datetime.fromisoformat, default=lower)
    draft = Draft(folder, window, files, found[0].schema, lower, newest)
    fault.point("land.after_copy")
    manifest = commit(settings, source.name, name, as_of, draft)
    return [] if manifest.batch in before else [manifest]
