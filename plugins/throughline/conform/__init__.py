"""Conform: mapping and contract turn landing batches into accepted and rejected rows."""

import logging
import re
import shutil
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from throughline import fault
from throughline.conform.judge import judge_sql
from throughline.conform.parts import Parts, batch_id, find_parts, versions
from throughline.conform.records import parsed_once
from throughline.conform.results import write_results
from throughline.conform.views import Engine, make_views
from throughline.contracts import load_contracts
from throughline.errors import ConformError, ThroughlineError
from throughline.landing.batches import MANIFEST, InputBatch, find_batch, input_batches
from throughline.landing.files import claim, sync, write_json
from throughline.settings import Settings
from throughline.source_folders import load_sources

log = logging.getLogger(__name__)
_OF_A_CELL = (duckdb.ConversionException, duckdb.InvalidInputException, duckdb.OutOfRangeException)


def conform(settings: Settings, parts: Parts, engine: Engine | None = None) -> InputBatch:
    """Make the input batch of one entity and window; one that is there already is returned.

    Who conforms many batches of a source gives one engine for all of them.

    Raises:
        ConformError: the mapping does not fit its streams or its contract.
        SourceError: a landed file is missing, changed or unreadable.
    """
    name = batch_id(settings, parts)
    there = find_batch(settings, name)
    if there is not None:
        if parts.as_of < there.as_of:
            claim(there.folder, parts.as_of)
        return _renew(settings, there)
    root = settings.input / parts.entity
    draft = root / f".{name}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    own = nullcontext(engine) if engine else Engine(settings, parts.source)
    with own as opened, opened.session() as connection:
        undelivered = _judge(connection, settings, parts)
        counts = write_results(connection, settings, parts, name, draft, undelivered)
    return _commit(settings, parts, name, draft, {**counts, "undelivered": undelivered})


def reconform(settings: Settings, source: str, window: str | None = None) -> list[InputBatch]:
    """Conform the landed batches of a source again, with the mappings as they are now.

    Batches whose mapping, contract and lookups are unchanged stay as they are. The new ones are
    not judged yet.

    Raises:
        ThroughlineError: there is no such source, or nothing landed for that window.
    """
    sources = load_sources(settings)
    if source not in sources:
        raise ThroughlineError(f"there is no source {source!r}; there are {', '.join(sources)}")
    made = []
    with Engine(settings, sources[source]) as engine:
        for entity in sources[source].entities:
            found, _ = find_parts(settings, sources[source], entity, None)
            wanted = [parts for parts in found if window in (None, parts.window)]
            made += [conform(settings, parts, engine) for parts in wanted]
    if not made:
        raise ThroughlineError(f"{source}: nothing is landed for window {window or '(any)'}")
    return made


def _judge(connection: duckdb.DuckDBPyConnection, settings: Settings, parts: Parts) -> list[str]:
    """Make the table `judged` from the streams, the mapping and the contract.

    Of the main stream `places` stays, its `_file` and `_row`; what has been used up is dropped, so
    that a large batch is held about once, not once a step. Returns the accepted columns of the
    fields that the mapping does not deliver.
    """
    where = f"{parts.source.name}/{parts.mapping_name}.sql"
    connection.execute(f"set TimeZone = '{parts.source.timezone}'")
    make_views(connection, settings, parts)
    try:
        _map(connection, parts)
    except duckdb.Error as error:
        raise ConformError(_explain(connection, where, parts, error)) from error
    main = next(iter(parts.manifests))
    connection.execute(f'create temp table places as select _file, _row from "{main}"')
    for stream in parts.manifests:
        connection.execute(f'drop table "{stream}"')
    mapped = {row[0]: row[1] for row in connection.execute("describe mapped").fetchall()}
    contract = load_contracts()[parts.entity]
    try:
        judged = judge_sql(contract, mapped, parts.source.timezone, parts.kind)
    except ConformError as error:
        raise ConformError(f"{where}: {error}") from error
    connection.execute(f"create temp table judged as {judged}")
    connection.execute("drop table mapped")
    connection.execute("set TimeZone = 'UTC'")
    return contract.columns_of(set(contract.fields) - set(mapped))


def _map(connection: duckdb.DuckDBPyConnection, parts: Parts) -> None:
    """Make the table `mapped`; what goes wrong goes wrong in the mapping as it is written."""
    table = "create temp table mapped as select * from (\n{}\n)"
    quick = parsed_once(connection, parts.mapping, frozenset(parts.manifests))
    if quick != parts.mapping:
        connection.execute(f"describe {parts.mapping}")
        with suppress(duckdb.Error):
            connection.execute(table.format(quick))
            return
    connection.execute(table.format(parts.mapping))


def _explain(
    connection: duckdb.DuckDBPyConnection, where: str, parts: Parts, error: duckdb.Error
) -> str:
    seen = []
    for name in parts.manifests:
        columns = [row[0] for row in connection.execute(f'describe "{name}"').fetchall()]
        seen.append(f"stream {name} has {', '.join(columns[2:])}")
    return f"{where} does not fit window {parts.window}: {_said(error)}; {'; '.join(seen)}"


def _said(error: duckdb.Error) -> str:
    """What DuckDB says of a mapping, without the cells that it quotes: they may be personal."""
    said = str(error).strip().splitlines()[0]
    if not isinstance(error, _OF_A_CELL):
        return said
    wanted = re.search(r" to ([A-Z]+[0-9]*(\([0-9,]+\))?)$", said)
    what = f"{said.partition(':')[0]}{f' to {wanted[1]}' if wanted else ''}"
    return f"{what}, of a cell that is not shown; try_cast and its like leave it to the contract"


def _commit(
    settings: Settings, parts: Parts, name: str, draft: Path, counts: dict[str, Any]
) -> InputBatch:
    folder = settings.input / parts.entity / name
    shutil.rmtree(folder, ignore_errors=True)
    sync(draft)
    draft.rename(folder)
    sync(folder.parent)
    fault.point("conform.before_manifest")
    write_json(
        folder / MANIFEST,
        {
            "batch_id": name,
            "source": parts.source.name,
            "domain": parts.source.domain,
            "entity": parts.entity,
            "window": parts.window,
            "as_of": parts.as_of.isoformat(),
            "extracted_at": parts.extracted_at.isoformat(),
            "conformed_at": datetime.now(UTC).isoformat(),
            "landing": parts.landing,
            "versions": versions(settings, parts),
            "duplicate_of": parts.main.duplicate_of,
            "deletes": parts.kind != "rows",
            **counts,
        },
    )
    fault.point("conform.after_manifest")
    made = find_batch(settings, name)
    assert made is not None
    log.info(
        "%s.%s %s: %d accepted, %d rejected, %d not mapped",
        parts.source.name,
        parts.entity,
        parts.window,
        made.rows,
        made.rejected,
        made.not_mapped,
    )
    return made


def _renew(settings: Settings, batch: InputBatch) -> InputBatch:
    """Make a batch the newest of its window again, after a mapping went back to what it was."""
    same = [
        other
        for other in input_batches(settings, entity=batch.entity)
        if (other.source, other.window) == (batch.source, batch.window)
        and other.extracted_at == batch.extracted_at
    ]
    if same[-1].batch_id == batch.batch_id:
        return same[-1]
    number = len(list(batch.folder.glob("again-*.json"))) + 1
    write_json(batch.folder / f"again-{number:03d}.json", {"at": datetime.now(UTC).isoformat()})
    renewed = find_batch(settings, batch.batch_id)
    assert renewed is not None
    return renewed


__all__ = ["Engine", "Parts", "batch_id", "conform", "find_parts", "reconform"]
