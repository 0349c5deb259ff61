"""The keys that a source holds: read for a sweep, or delivered as files."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from throughline.connect.keys import read_keys
from throughline.connect.transactions import Connections
from throughline.database_stream import DatabaseStream
from throughline.entity_streams import WEEKDAYS, Sweep, swept_stream
from throughline.errors import SourceError
from throughline.landing.drafts import stream_folder
from throughline.landing.manifests import Manifest, landed
from throughline.rest_stream import RestStream
from throughline.settings import Settings
from throughline.source_folders import Source


@dataclass(frozen=True)
class Keys:
    """The keys of a source: files of `stream`, all that it held on `day` at `began`.

    Rows of nights before `day` that did not change since `limit` must be among them.
    """

    stream: str
    files: list[tuple[str, Path]]
    day: date
    limit: datetime


def last_due(sweep: Sweep, as_of: date) -> date:
    """The newest day up to `as_of` on which a sweep is wanted."""
    return as_of - timedelta(days=(as_of.weekday() - WEEKDAYS.index(sweep.weekday)) % 7)


def remove_keys(settings: Settings, source: Source, entity: str) -> Path:
    """Remove the keys that a killed sweep left; returns the folder where they are read to."""
    folder = stream_folder(settings, source.name, swept_stream(entity)) / ".keys"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


@contextmanager
def keys_of(
    settings: Settings,
    source: Source,
    entity: str,
    as_of: date,
    connections: Connections,
    most: int | None = None,
) -> Iterator[Keys]:
    """The keys of the source for the block; what was read for it is removed afterwards."""
    spec = source.entities[entity]
    assert spec.sweep is not None
    main = source.streams[spec.streams[0]]
    if not isinstance(main, DatabaseStream | RestStream):
        yield _dumped(settings, source, entity, spec.sweep, as_of)
        return
    limit = datetime.now(UTC) - timedelta(hours=_lag(main, spec.sweep))
    folder = remove_keys(settings, source, entity)
    folder.mkdir(mode=0o700)
    try:
        path = read_keys(settings, source, spec.streams[0], folder, connections, most)
        yield Keys(spec.streams[0], [(path.name, path)], as_of, limit)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lag(stream: DatabaseStream | RestStream, sweep: Sweep) -> float:
    if sweep.lag_hours is not None:
        return sweep.lag_hours
    if isinstance(stream, DatabaseStream):
        return stream.lag_hours
    return stream.incremental.lag_hours if stream.incremental else 0


def newest_list(settings: Settings, source: str, stream: str, as_of: date) -> Manifest | None:
    """The list of all keys that a night takes, of those that came as files by then."""
    lists = [manifest for manifest in landed(settings, source, stream) if manifest.as_of <= as_of]
    return max(lists, key=lambda manifest: (_day(manifest), manifest.extracted_at), default=None)


def _dumped(settings: Settings, source: Source, entity: str, sweep: Sweep, as_of: date) -> Keys:
    """The newest list of all keys that came as files; a night of its day or later brought it."""
    name = str(sweep.stream)
    manifest = newest_list(settings, source.name, name, as_of)
    wanted = last_due(sweep, as_of) - timedelta(days=6)
    if manifest is None or _day(manifest) < wanted:
        raise SourceError(
            f"{source.name}.{name} brought no list of all keys since {wanted}: nothing is deleted;"
            " deliver one, or remove `sweep` from source.yml"
        )
    day, folder = _day(manifest), manifest.folder(settings)
    files = [(file.name, folder / file.name) for file in manifest.files]
    lag = timedelta(hours=sweep.lag_hours or 0)
    return Keys(name, files, day, datetime.combine(day, time.min, settings.zone) - lag)


def _day(manifest: Manifest) -> date:
    try:
        return date.fromisoformat(manifest.window[-10:])
    except ValueError:
        return manifest.as_of
