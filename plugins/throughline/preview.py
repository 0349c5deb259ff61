"""A look at a source without landing anything: the same steps, in a home that is thrown away."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from throughline.conform import Engine, conform, find_parts
from throughline.connect.database import land_table
from throughline.connect.files import land_window
from throughline.connect.formats import read_stream
from throughline.connect.remote import find_windows
from throughline.connect.rest import land_endpoint
from throughline.database_stream import DatabaseStream
from throughline.errors import ConfigError, SourceError
from throughline.file_stream import FileStream
from throughline.landing.manifests import Manifest, landed
from throughline.rest_stream import RestStream
from throughline.settings import Settings
from throughline.source_folders import Source
from throughline.sweep import count_keys

_SHOWN = 3


@dataclass(frozen=True)
class Sample:
    """What one read of a stream gave: its window, rows, and columns as the source names them.

    `broken` tells of rows that are no records; a night rejects them.
    """

    stream: str
    window: str
    rows: int
    columns: tuple[str, ...]
    broken: str = ""


@dataclass(frozen=True)
class Preview:
    """What a mapping makes of a sample: counts, columns and rows accepted, places and reasons."""

    read: int
    not_mapped: int
    columns: tuple[str, ...]
    accepted: list[tuple[Any, ...]]
    rejected: list[tuple[Any, ...]]


def try_stream(settings: Settings, source: Source, name: str, as_of: date, most: int) -> Sample:
    """Connect and read one sample of a stream: the newest window of files, else `most` rows.

    Raises:
        SourceError, ConfigError: what is wrong, as in a night; or more rows are broken than the
            `reject_limit` of the source allows.
    """
    with _elsewhere(settings, source) as (away, moved):
        manifest = _sample(away, moved, name, as_of, most)
        count, places = _broken(away, moved, name, manifest)
    rows = manifest.rows or 0
    told = f"{count} of {rows} rows are no records: {', '.join(places)}" if count else ""
    if count > source.reject_limit * rows:
        raise SourceError(told)
    return Sample(name, manifest.window, rows, manifest.schema, told)


def try_sweep(settings: Settings, source: Source, entity: str, as_of: date, most: int) -> Sample:
    """Read at most `most` keys as a sweep of an entity would, or the newest file of all keys.

    Raises:
        SourceError, ConfigError, ConformError: what is wrong, as in a night.
    """
    sweep = source.entities[entity].sweep
    assert sweep is not None
    with _elsewhere(settings, source) as (away, moved):
        if sweep.stream is not None:
            _sample(away, moved, sweep.stream, as_of, most)
        found, columns = count_keys(away, moved, entity, as_of, most)
    return Sample(f"sweep of {entity}", "all keys", found, columns)


def preview(
    settings: Settings, source: Source, entity: str, as_of: date, most: int = 100
) -> Preview:
    """Map a sample of an entity's streams, and show what its contract accepts and rejects.

    Raises:
        SourceError, ConfigError, ConformError: what is wrong, as in a night.
    """
    if entity not in source.entities:
        raise ConfigError(
            f"{source.name} delivers no {entity!r}; it delivers {', '.join(source.entities)}"
        )
    with _elsewhere(settings, source) as (away, moved):
        for name in source.entities[entity].streams:
            _sample(away, moved, name, as_of, most)
        parts, waiting = find_parts(away, moved, entity, as_of)
        if not parts:
            raise SourceError("; ".join(waiting))
        batch = conform(away, parts[-1])
        columns, accepted = _rows(batch.path, most)
        _, rejected = _rows(batch.rejected_path, most)
    return Preview(batch.rows_read, batch.not_mapped, columns, accepted, rejected)


def preview_files(
    settings: Settings, source: Source, entity: str, given: dict[str, Path]
) -> Preview:
    """Map sample files in place of an entity's streams, by stream; for the test of a source.

    A file is read by its suffix: .csv, .jsonl, .parquet and the other formats of file streams.
    """
    streams = {
        name: FileStream.model_validate(
            {"way": "files", "path": str(path), "format": path.suffix.lstrip(".")}
        )
        for name, path in given.items()
    }
    replaced = source.model_copy(update={"streams": {**source.streams, **streams}})
    return preview(settings, replaced, entity, date.max.replace(month=1), 10_000)


@contextmanager
def _elsewhere(settings: Settings, source: Source) -> Iterator[tuple[Settings, Source]]:
    """The settings with an empty home for the block, and the source still looking at the real."""
    streams = {
        name: stream.model_copy(update={"path": _kept(stream.path, settings.home)})
        if isinstance(stream, FileStream)
        else stream
        for name, stream in source.streams.items()
    }
    with tempfile.TemporaryDirectory(prefix="throughline-preview-") as folder:
        away = settings.model_copy(update={"home": Path(folder)})
        yield away, source.model_copy(update={"streams": streams})


def _kept(path: str, home: Path) -> str:
    return path.replace("{home}", home.as_posix())


def _sample(settings: Settings, source: Source, name: str, as_of: date, most: int) -> Manifest:
    stream = source.streams[name]
    match stream:
        case RestStream():
            land_endpoint(settings, source, name, as_of, most)
        case DatabaseStream():
            land_table(settings, source, name, as_of, most=most)
        case FileStream():
            found = find_windows(settings, source, stream)
            over = [each for each in found.windows.values() if each[0].ended(as_of)]
            if found.wrong:
                raise SourceError(found.wrong)
            if not over:
                raise SourceError(f"no file up to {as_of} matches {stream.path}")
            land_window(settings, source, name, as_of, *over[-1])
    return landed(settings, source.name, name)[-1]


def _broken(
    settings: Settings, source: Source, name: str, manifest: Manifest
) -> tuple[int, list[str]]:
    """How many rows of a batch are no records, and where the first of them stand."""
    folder = manifest.folder(settings)
    files = [(file.name, folder / file.name) for file in manifest.files if file.bytes]
    with Engine(settings, source) as engine, engine.session() as connection:
        read_stream(connection, name, source.streams[name], files)
        sql = "select _file, _row, reason, count(*) over () from broken order by all limit ?"
        found = connection.execute(sql, [_SHOWN]).fetchall()
    return (
        found[0][3] if found else 0,
        [f"{file} row {row} ({reason})" for file, row, reason, _ in found],
    )


def _rows(path: Path, most: int) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        sql = "select columns(c -> not starts_with(c, '_')) from read_parquet(?) limit ?"
        if path.name.startswith("rejected"):
            sql = "select _file, _row, array_to_string(reasons, ', ') from read_parquet(?) limit ?"
        found = connection.execute(sql, [str(path), most])
        return tuple(column[0] for column in found.description or ()), found.fetchall()
