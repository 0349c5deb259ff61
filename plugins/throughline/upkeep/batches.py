"""Which batches nothing reads any more: input batches that a newer one replaced, and raw files."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

import duckdb

from throughline.errors import ConfigError
from throughline.landing.batches import InputBatch, input_batches, newest_verdict
from throughline.landing.manifests import Manifest, landed
from throughline.settings import Settings
from throughline.source_folders import Source, load_sources
from throughline.sweep.keys import newest_list
from throughline.windows import instant_after

Referrers = dict[tuple[str, str], list[InputBatch]]


def replaced_batches(settings: Settings, cutoff: date) -> list[InputBatch]:
    """Input batches whose accepted rows no night of `cutoff` or later reads.

    Of what was there at the end of `cutoff`, the newest batch of each source, entity and window
    that passed is what such nights read, until a newer one comes. Batches that releases on disk
    were built from stay too, and so does one that is held or not judged.
    """
    end = instant_after(settings, cutoff)
    then = [b for b in input_batches(settings) if b.as_of <= cutoff and _made(b) < end]
    newest = {(b.entity, b.source, b.window): b.batch_id for b in then if b.status == "passed"}
    needed = set(newest.values()) | _released(settings)
    return [
        batch
        for batch in then
        if batch.batch_id not in needed
        and batch.path.exists()
        and (batch.status == "passed" or _withdrawn_before(batch, end))
    ]


def replaced_files(settings: Settings, cutoff: date, going: list[InputBatch]) -> tuple[Path, ...]:
    """Raw files that only batches without rows were made of, and that a newer landing replaced."""
    end = instant_after(settings, cutoff)
    gone = {batch.batch_id for batch in going}
    made_of = _referrers(settings)
    return tuple(
        path
        for manifest, newer in _landings(settings)
        if newer and manifest.extracted_at < end
        for path in _files(
            settings,
            manifest,
            made_of,
            lambda batch: batch.batch_id in gone or not batch.path.exists(),
        )
    )


def raw_files(settings: Settings, cutoff: date) -> tuple[Path, ...]:
    """Raw files older than `cutoff` whose rows are all conformed and let in, or taken out.

    What was landed last of each stream stays: later windows may be conformed with it.
    """
    end = instant_after(settings, cutoff)
    made_of = _referrers(settings)
    landings = list(_landings(settings))
    last = {(m.source, m.stream): m.batch for m, _ in landings}
    wanted = _entities(load_sources(settings))
    return tuple(
        path
        for manifest, _ in landings
        if manifest.extracted_at < end
        and last[(manifest.source, manifest.stream)] != manifest.batch
        and wanted[(manifest.source, manifest.stream)]
        <= {batch.entity for batch in made_of[_name(manifest)]}
        for path in _files(
            settings, manifest, made_of, lambda batch: batch.status in ("passed", "withdrawn")
        )
    )


def key_lists(settings: Settings, cutoff: date) -> tuple[Path, ...]:
    """Files of lists of all keys, for sweeps alone, that no night of `cutoff` or later takes."""
    end = instant_after(settings, cutoff)
    sources = load_sources(settings)
    wanted = _entities(sources)
    swept = {
        (source.name, str(mapped.sweep.stream))
        for source in sources.values()
        for mapped in source.entities.values()
        if mapped.sweep is not None and mapped.sweep.stream is not None
    }
    found: list[Path] = []
    for source, stream in sorted(swept - wanted.keys()):
        kept = newest_list(settings, source, stream, cutoff)
        for manifest in landed(settings, source, stream):
            if manifest.extracted_at < end and manifest.as_of <= cutoff and manifest != kept:
                folder = manifest.folder(settings)
                found += [folder / file.name for file in manifest.files]
    return tuple(path for path in found if path.exists())


def _files(
    settings: Settings,
    manifest: Manifest,
    made_of: Referrers,
    may_go: Callable[[InputBatch], bool],
) -> list[Path]:
    """Files of a landing batch where every batch made of it, one at least, lets them go."""
    batches = made_of[_name(manifest)]
    if not batches or not all(map(may_go, batches)):
        return []
    folder = manifest.folder(settings)
    there = [folder / file.name for file in manifest.files]
    return [path for path in there if path.exists()]


def _landings(settings: Settings) -> Iterator[tuple[Manifest, bool]]:
    """Landing batches, oldest first by stream, and whether a newer one has the same window."""
    for folder in sorted(settings.landing.glob("*/[!.]*/")):
        known = landed(settings, folder.parent.name, folder.name)
        newest = {manifest.window: manifest.batch for manifest in known}
        for manifest in known:
            yield manifest, newest[manifest.window] != manifest.batch


def _referrers(settings: Settings) -> Referrers:
    found: Referrers = defaultdict(list)
    for batch in input_batches(settings):
        for part in batch.landing:
            found[(batch.source, part)].append(batch)
    return found


def _name(manifest: Manifest) -> tuple[str, str]:
    return (manifest.source, f"{manifest.stream}/{manifest.batch}")


def _entities(sources: Mapping[str, Source]) -> dict[tuple[str, str], set[str]]:
    """Entities that are made of each stream; none of one whose source is not there any more."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for source in sources.values():
        for entity, mapped in source.entities.items():
            for stream in (*mapped.streams, *mapped.deletes):
                found[(source.name, stream)].add(entity)
    return found


def _released(settings: Settings) -> set[str]:
    """Batches that a release on disk was built from."""
    found: set[str] = set()
    for path in settings.release_folder.glob("*.duckdb"):
        try:
            with duckdb.connect(str(path), read_only=True) as con:
                found |= {
                    name
                    for (name,) in con.execute(
                        "select unnest(batch_set) from build_info"
                    ).fetchall()
                }
        except duckdb.Error as error:
            raise ConfigError(
                f"{path} does not say what it was built from ({error}); remove or restore it:"
                " no batch is removed meanwhile"
            ) from error
    return found


def _made(batch: InputBatch) -> datetime:
    return max(batch.extracted_at, batch.conformed_at or batch.extracted_at)


def _withdrawn_before(batch: InputBatch, end: datetime) -> bool:
    verdict = newest_verdict(batch) if batch.status == "withdrawn" else None
    return verdict is not None and datetime.fromisoformat(verdict["at"]) < end
