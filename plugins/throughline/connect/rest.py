"""REST: the records of one endpoint, as received, one a line, for one night."""

import gzip
import json
import logging
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

from throughline import fault
from throughline.connect.caller import Caller
from throughline.connect.connections import read_service
from throughline.connect.cursors import lower_bound, standing
from throughline.connect.pages import Record, at
from throughline.connect.paging import Reader, Span
from throughline.connect.requests import instant_of, number_of
from throughline.errors import SourceError
from throughline.landing.drafts import Draft, commit, new_draft_folder
from throughline.landing.files import sync
from throughline.landing.manifests import LandedFile, Manifest, landed, sha256_of
from throughline.rest_stream import RestStream
from throughline.settings import Settings
from throughline.source_folders import Source
from throughline.windows import SNAPSHOT, instant_after

log = logging.getLogger(__name__)
DATA = "records.jsonl.gz"
_TOLD_EVERY = 10_000


@dataclass
class Taken:
    """What a read brought: records, and the newest change among them."""

    rows: int = 0
    newest: datetime | None = None


def land_endpoint(
    settings: Settings, source: Source, name: str, as_of: date, most: int | None = None
) -> list[Manifest]:
    """Land an endpoint for a night: all records, or those that changed since the last cursor.

    A night takes a stream once, as with databases. The cursor never goes beyond the end of the
    night nor beyond the beginning of the read, whatever the records say: what changes during the
    read is asked for again. A sample takes at most `most` records. Returns the new batches.

    Raises:
        SourceError: unreachable, refused, endless, too large, or not the pages declared.
        ConfigError: the connection is missing or is none to an HTTP service.
    """
    stream = source.streams[name]
    assert isinstance(stream, RestStream)
    known = standing(settings, source.name, name)
    if any(manifest.as_of == as_of for manifest in known):
        return []
    step = stream.incremental
    lower = lower_bound(settings, known, step.lag_hours, as_of) if step else None
    span = _span(settings, source, stream, lower, as_of)
    before = {manifest.batch for manifest in landed(settings, source.name, name)}
    folder = new_draft_folder(settings, source.name, name)
    began = datetime.now(UTC)
    taken = Taken()
    with closing(_records(settings, source, stream, span)) as records:
        wanted = islice(records, most)
        _write(folder / DATA, _followed(wanted, stream, span, taken))
    _check_moved(stream, taken)
    fault.point("land.after_copy")
    path = folder / DATA
    file = LandedFile(DATA, path.stat().st_size, sha256_of(path), taken.rows)
    reached = min(taken.newest, span.upper, began).isoformat() if taken.newest else lower
    window = as_of.isoformat() if step else SNAPSHOT
    draft = Draft(folder, window, (file,), ("record",), lower, reached)
    manifest = commit(settings, source.name, name, as_of, draft)
    return [] if manifest.batch in before else [manifest]


def read_endpoint_keys(
    settings: Settings, source: Source, name: str, path: Path, most: int | None = None
) -> None:
    """Write the key fields of all records of an endpoint, one a line, under their dotted names.

    Whatever changed since the beginning is asked for, and up to tomorrow, so that no record that
    is there is missing.

    Raises:
        SourceError: as in a night; or records come and go too fast to be sure of all keys.
    """
    stream = source.streams[name]
    assert isinstance(stream, RestStream)
    first = stream.incremental.first if stream.incremental else datetime(1970, 1, 1, tzinfo=UTC)
    span = Span(first, datetime.now(UTC) + timedelta(days=1), source.timezone)
    with closing(_records(settings, source, stream, span)) as records:
        keys = ({key: at(record.value, key) for key in stream.key} for record in records)
        _write(path, (json.dumps(key, default=number_of) for key in islice(keys, most)))


def _span(
    settings: Settings, source: Source, stream: RestStream, lower: str | None, as_of: date
) -> Span:
    first = stream.incremental.first if stream.incremental else datetime(1970, 1, 1, tzinfo=UTC)
    begins = datetime.fromisoformat(lower) if lower else first
    return Span(begins, instant_after(settings, as_of).astimezone(UTC), source.timezone)


def _records(
    settings: Settings, source: Source, stream: RestStream, span: Span
) -> Generator[Record, None, None]:
    service = read_service(settings, stream.connection)
    with Caller(service, stream) as caller:
        reader = Reader(service, stream, span, caller.page)
        yield from reader.records()
        if reader.unsteady:
            log.warning("%s%s changes faster than it can be read", source.name, stream.path)


def _followed(
    records: Iterator[Record], stream: RestStream, span: Span, taken: Taken
) -> Iterator[str]:
    """The texts of the records; counts them and notes the newest change on the way."""
    step = stream.incremental
    for record in records:
        taken.rows += 1
        if taken.rows % _TOLD_EVERY == 0:
            log.info("%s: %d records", stream.path, taken.rows)
        changed = instant_of(at(record.value, step.field), step, span.zone) if step else None
        if changed is not None:
            taken.newest = max(changed, taken.newest or changed)
        yield record.text


def _check_moved(stream: RestStream, taken: Taken) -> None:
    """Raise a SourceError where records came and none tells when it changed."""
    step = stream.incremental
    if step and taken.rows and taken.newest is None:
        raise SourceError(
            f"{stream.path}: none of {taken.rows} records has an instant ({step.format}) at"
            f" {step.field}, so every night would read all of them; see incremental"
        )


def _write(path: Path, lines: Iterator[str]) -> None:
    """Write the lines packed; the same lines give the same bytes."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
        for line in lines:
            file.write(line.encode("utf-8", "surrogatepass") + b"\n")
    sync(path)
