"""Which landing batches make an input batch, and the id that follows from them."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime

from throughline.conform.pii import key_id, pii_key
from throughline.contracts import load_contracts
from throughline.entity_streams import DELETES, SWEPT, swept_keys, swept_stream
from throughline.landing.batches import find_batch, input_batches
from throughline.landing.manifests import Manifest, is_emptied, landed, sha256_of
from throughline.settings import Settings
from throughline.source_folders import Source
from throughline.windows import SNAPSHOT

CONFORM_VERSION = 5
"""Raised when the meaning of conforming changes, so that batches are made anew."""


@dataclass(frozen=True)
class Parts:
    """One entity of a source over one window: the landing batch of each of its streams.

    `kind` is rows, deletes (what a delete feed brought) or swept (what a sweep found gone).
    """

    source: Source
    entity: str
    window: str
    manifests: dict[str, Manifest]
    kind: str = "rows"

    @property
    def main(self) -> Manifest:
        """Batch of the stream whose rows the mapping names."""
        return next(iter(self.manifests.values()))

    @property
    def as_of(self) -> date:
        """Night that completed the parts."""
        return max(manifest.as_of for manifest in self.manifests.values())

    @property
    def extracted_at(self) -> datetime:
        """Instant that completed the parts."""
        return max(manifest.extracted_at for manifest in self.manifests.values())

    @property
    def mapping_name(self) -> str:
        """Name of the mapping without `.sql`."""
        return f"{self.entity}.{DELETES}" if self.kind == DELETES else self.entity

    @property
    def mapping(self) -> str:
        """Text of the mapping; what a sweep lands has the fields of the contract already."""
        if self.kind != SWEPT:
            return self.source.mapping(self.mapping_name).strip().rstrip(";")
        names = [f'"{name}"' for name in (*swept_keys(self.source, self.entity), "updated_at")]
        return f"select _file, _row, {', '.join(names)} from {swept_stream(self.entity)}"

    @property
    def landing(self) -> list[str]:
        """Names of the landing batches: `<stream>/<batch>`."""
        return [f"{name}/{manifest.batch}" for name, manifest in self.manifests.items()]


def find_parts(
    settings: Settings, source: Source, entity: str, as_of: date | None
) -> tuple[list[Parts], list[str]]:
    """What can be conformed of an entity, per window, and which windows wait for which stream.

    Per window the newest landing batch of nights up to `as_of` that is not withdrawn counts. A
    further stream gives its batch of the same window, or else its newest snapshot of that night; a
    window that was never conformed takes another snapshot where upkeep removed that one.
    Rows, the delete feed and what a sweep found gone have windows of their own.
    """
    made = [b for b in input_batches(settings, entity=entity) if b.source == source.name]
    gone = {part for batch in made if batch.status == "withdrawn" for part in batch.landing}
    conformed = {batch.window for batch in made}
    ready, waiting, kept = [], [], 0
    for kind, names in _kinds(source, entity):
        streams = {
            name: [
                m
                for m in landed(settings, source.name, name)
                if (as_of is None or m.as_of <= as_of) and f"{name}/{m.batch}" not in gone
            ]
            for name in names
        }
        whole, lacking = _whole(source, entity, kind, streams)
        waiting += lacking
        settled = [parts for parts in whole if _is_settled(settings, parts)]
        ready += [parts for parts in whole if parts not in settled]
        late = {parts.main.window for parts in settled if parts.window not in conformed}
        whole, lacking = _whole(source, entity, kind, _left(settings, streams, late))
        ready += whole
        waiting += lacking
        kept += len(settled) - len(whole) - len(lacking)
    if kept:
        waiting.append(
            f"{entity}: {kept} windows stay as they were conformed before; upkeep removed what"
            " they were made of"
        )
    return ready, waiting


def _kinds(source: Source, entity: str) -> list[tuple[str, tuple[str, ...]]]:
    """What there is of an entity, each with its streams."""
    spec = source.entities[entity]
    found: list[tuple[str, tuple[str, ...]]] = [("rows", spec.streams)]
    if spec.deletes:
        found.append((DELETES, spec.deletes))
    if spec.sweep:
        found.append((SWEPT, (swept_stream(entity),)))
    return found


def _whole(
    source: Source, entity: str, kind: str, streams: dict[str, list[Manifest]]
) -> tuple[list[Parts], list[str]]:
    """The windows of which every stream is there, and what the others wait for."""
    main, *others = streams
    windows = {manifest.window: manifest for manifest in streams[main]}
    whole, waiting = [], []
    for window, manifest in sorted(windows.items()):
        used = {main: manifest}
        for name in others:
            fitting = _fitting(streams[name], manifest)
            if fitting is None:
                waiting.append(f"{entity} {window} waits for stream {name}")
                break
            used[name] = fitting
        else:
            label = f"{window}-{DELETES}" if kind == DELETES else window
            whole.append(Parts(source, entity, label, used, kind))
    return whole, waiting


def _is_settled(settings: Settings, parts: Parts) -> bool:
    """Whether upkeep removed raw files that would have to be read again to conform these parts."""
    gone = any(is_emptied(settings, manifest) for manifest in parts.manifests.values())
    return gone and find_batch(settings, batch_id(settings, parts)) is None


def _left(
    settings: Settings, streams: dict[str, list[Manifest]], windows: set[str]
) -> dict[str, list[Manifest]]:
    """Landing batches of some windows of the main stream, and what upkeep left of the others."""
    main = next(iter(streams))
    return {
        name: [
            manifest
            for manifest in known
            if windows
            and (name != main or manifest.window in windows)
            and not is_emptied(settings, manifest)
        ]
        for name, known in streams.items()
    }


def _fitting(known: list[Manifest], main: Manifest) -> Manifest | None:
    same = [manifest for manifest in known if manifest.window == main.window]
    if same:
        return same[-1]
    snapshots = [manifest for manifest in known if manifest.window == SNAPSHOT]
    of_the_night = [manifest for manifest in snapshots if manifest.as_of <= main.as_of]
    return of_the_night[-1] if of_the_night else next(iter(snapshots), None)


def versions(settings: Settings, parts: Parts) -> dict[str, str]:
    """Hashes of everything but the data that decides what comes out."""
    source = parts.source
    contract = load_contracts()[parts.entity].model_dump_json()
    return {
        "mapping": _sha(parts.mapping),
        "contract": _sha(contract),
        "lookups": _sha(json.dumps({n: sha256_of(source.lookup_path(n)) for n in source.lookups})),
        "constants": _sha(json.dumps(source.constants, sort_keys=True)),
        "reading": _sha(
            "\n".join(
                [
                    source.timezone,
                    settings.business_tz,
                    str(CONFORM_VERSION),
                    *(source.stream(name).model_dump_json() for name in parts.manifests),
                ]
            )
        ),
        "pii_key": key_id(pii_key(settings)),
    }


def batch_id(settings: Settings, parts: Parts) -> str:
    """`<source>.<entity>.<window>.<sha12>`; the same content and versions give the same id."""
    landing = {name: manifest.identity for name, manifest in parts.manifests.items()}
    content = _sha(json.dumps([landing, versions(settings, parts)], sort_keys=True))
    return f"{parts.source.name}.{parts.entity}.{parts.window}.{content[:12]}"


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
