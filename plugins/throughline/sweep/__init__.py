"""The weekly sweep: keys that a source does not hold any more become deleted rows.

A sweep lands the whole list of what is gone, so the newest list counts and a row that came back is
alive again. A list is a landing batch like any other: conformed, judged, held, withdrawn.
"""

import logging
from datetime import date, timedelta

import duckdb

from throughline import fault
from throughline.conform import Engine
from throughline.conform.judge import key_columns
from throughline.conform.keys import make_keys
from throughline.connect.cursors import standing
from throughline.connect.transactions import Connections
from throughline.contracts import Contract, load_contracts
from throughline.entity_streams import SWEPT, Sweep, swept_stream
from throughline.errors import SourceError, ThroughlineError
from throughline.landing.batches import InputBatch, live_batches
from throughline.landing.drafts import Draft, commit, new_draft_folder
from throughline.landing.files import sync
from throughline.landing.manifests import LandedFile, Manifest, landed, sha256_of
from throughline.settings import Settings
from throughline.source_folders import Source
from throughline.sql_text import literal
from throughline.sweep.compare import Gone, compare
from throughline.sweep.keys import keys_of, last_due, remove_keys
from throughline.windows import instant_after

log = logging.getLogger(__name__)
DATA = "gone.parquet"


def sweep_source(
    settings: Settings, source: Source, as_of: date, connections: Connections
) -> tuple[list[str], list[str]]:
    """Sweep every entity of a source that is due; return what to note, and what failed."""
    notes: list[str] = []
    errors: list[str] = []
    with Engine(settings, source) as engine:
        for entity, spec in source.entities.items():
            if spec.sweep is None:
                continue
            remove_keys(settings, source, entity)
            if not _is_due(settings, source, entity, as_of):
                continue
            try:
                notes.append(_sweep(settings, source, entity, as_of, connections, engine))
            except ThroughlineError as error:
                errors.append(f"sweep of {entity}: {error}")
    return notes, errors


def count_keys(
    settings: Settings, source: Source, entity: str, as_of: date, most: int
) -> tuple[int, tuple[str, ...]]:
    """How many of the first `most` keys a sweep would understand, and the key's columns.

    Raises:
        SourceError, ConfigError, ConformError: what is wrong, as in a night.
    """
    with (
        Connections() as connections,
        keys_of(settings, source, entity, as_of, connections, most) as keys,
        Engine(settings, source) as engine,
        engine.session() as session,
    ):
        found = make_keys(session, source, entity, keys.stream, keys.files)
    return found, tuple(key_columns(load_contracts()[entity]))


def _is_due(settings: Settings, source: Source, entity: str, as_of: date) -> bool:
    """Whether a night sweeps: no list since the weekday, rows from before it, no later night."""
    spec = source.entities[entity]
    assert spec.sweep is not None
    due = last_due(spec.sweep, as_of)
    lists = standing(settings, source.name, swept_stream(entity))
    if any(manifest.as_of >= due for manifest in lists):
        return False
    if not _known(settings, source, entity, due):
        return False
    return all(m.as_of <= as_of for m in landed(settings, source.name, spec.streams[0]))


def _known(settings: Settings, source: Source, entity: str, before: date) -> list[InputBatch]:
    """What a source had brought of an entity in the nights before a day."""
    nights = live_batches(settings, before - timedelta(days=1))
    return [b for b in nights if (b.source, b.entity) == (source.name, entity)]


def _sweep(
    settings: Settings,
    source: Source,
    entity: str,
    as_of: date,
    connections: Connections,
    engine: Engine,
) -> str:
    spec, stream = source.entities[entity], swept_stream(entity)
    assert spec.sweep is not None
    with (
        keys_of(settings, source, entity, as_of, connections) as keys,
        engine.session() as session,
    ):
        fault.point("sweep.after_keys")
        there = make_keys(session, source, entity, keys.stream, keys.files)
        known = _known(settings, source, entity, keys.day)
        if not known:
            return f"sweep of {entity}: nothing was known before {keys.day}"
        end = instant_after(settings, as_of) - timedelta(microseconds=1)
        gone = compare(session, load_contracts()[entity], known, keys.limit, end)
        _guard(spec.sweep, entity, there, gone)
        manifest = _land(session, settings, source, entity, as_of)
        fault.point("sweep.landed")
    said = f"{gone.new} gone, {gone.back} back, {manifest.rows} gone in all, {there} there"
    log.info("%s.%s: %s", source.name, stream, said)
    return f"sweep of {entity}: {said}"


def _guard(sweep: Sweep, entity: str, there: int, gone: Gone) -> None:
    """Raise a SourceError where a broken list of keys is likelier than so many deletes."""
    if there == 0 and gone.alive > 0:
        raise SourceError(
            f"the source holds no key at all, of {gone.alive} {entity} rows that are known: nothing"
            " is deleted; see that the list of keys is whole"
        )
    if gone.new > max(sweep.allowed_rows, sweep.max_share * gone.alive):
        raise SourceError(
            f"{gone.new} of {gone.alive} {entity} rows are not in the source any more, more than"
            f" sweep.max_share {sweep.max_share:.2%}: nothing is deleted; see that its list of keys"
            " is whole, or raise max_share until a night has swept"
        )


def _land(
    session: duckdb.DuckDBPyConnection,
    settings: Settings,
    source: Source,
    entity: str,
    as_of: date,
) -> Manifest:
    """Land the table `gone` as the list of a night; lists of two nights never are the same file."""
    contract: Contract = load_contracts()[entity]
    stream = swept_stream(entity)
    draft = new_draft_folder(settings, source.name, stream)
    path, order = draft / DATA, ", ".join(f'"{name}"' for name in key_columns(contract))
    session.execute(
        f"copy (from gone order by {order}) to {literal(path)}"
        f" (format parquet, compression zstd, kv_metadata {{night: '{as_of.isoformat()}'}})"
    )
    sync(path)
    columns = session.execute("describe gone").fetchall()
    rows = session.execute("select count(*) from gone").fetchall()[0][0]
    file = LandedFile(DATA, path.stat().st_size, sha256_of(path), rows)
    schema = tuple(f"{name} {kind}" for name, kind, *_ in columns)
    fault.point("sweep.after_list")
    return commit(settings, source.name, stream, as_of, Draft(draft, SWEPT, (file,), schema))


__all__ = ["count_keys", "last_due", "sweep_source"]
