"""The keys of an entity in `source.yml`: its streams, its delete feed, its weekly sweep."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from throughline.contracts import load_contracts
from throughline.database_stream import DatabaseStream
from throughline.file_stream import FileStream
from throughline.rest_stream import RestStream
from throughline.settings_alerts import Section

if TYPE_CHECKING:
    from throughline.source_folders import Source

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DELETES = "deletes"
SWEPT = "swept"


class Sweep(Section):
    """Once a week all keys of the source are compared with the rows known; what is gone is deleted.

    `keys` says by SQL how each key field of the contract is made of the key of the entity's first
    stream; without it they stand in the same order. Files need a `stream` of files that hold all
    keys. Nothing is deleted when more than `max_share` of the rows, and more than `allowed_rows`
    of them, would be; rows changed less than `lag_hours` (that of the stream) before are left.
    """

    weekday: Weekday
    stream: str | None = None
    keys: dict[str, str] = Field(default_factory=dict)
    max_share: float = Field(default=0.05, gt=0, le=1)
    allowed_rows: int = Field(default=10, ge=0)
    lag_hours: float | None = Field(default=None, ge=0)


class EntitySpec(Section):
    """Streams that the mapping of an entity reads; the first one names the rows and windows.

    `deletes` are the streams of a delete feed, mapped by `<entity>.deletes.sql` to keys and the
    time of deletion.
    """

    streams: tuple[str, ...] = Field(min_length=1)
    deletes: tuple[str, ...] = ()
    sweep: Sweep | None = None


def swept_stream(entity: str) -> str:
    """Name of the stream that holds what sweeps found gone of an entity."""
    return f"{entity}_{SWEPT}"


def swept_keys(source: "Source", entity: str) -> dict[str, str]:
    """SQL of each key field of the contract over the table of swept keys."""
    spec, names = source.entities[entity], load_contracts()[entity].key
    assert spec.sweep is not None
    stream = source.streams[spec.sweep.stream or spec.streams[0]]
    made = dict(zip(names, (f'"{name}"' for name in names), strict=True))
    if isinstance(stream, RestStream):
        made = {name: f"record->>'{key}'" for name, key in zip(names, stream.key, strict=False)}
    elif isinstance(stream, DatabaseStream):
        made = {name: f'"{key}"' for name, key in zip(names, stream.key, strict=False)}
    elif "json" in stream.format:
        made = {name: f"record->>'{name}'" for name in names}
    return {name: spec.sweep.keys.get(name, made.get(name, "null")) for name in names}


def entity_problems(source: "Source") -> list[str]:
    """What the entities of a source contradict; each line begins with the key."""
    lines: list[str] = []
    for entity, spec in source.entities.items():
        key = f"entities.{entity}"
        if entity not in load_contracts():
            lines.append(f"{key}: there is no contract of this name")
            continue
        wanted = [entity, *([f"{entity}.{DELETES}"] if spec.deletes else [])]
        lines += [
            f"{key}: {name}.sql is missing beside source.yml"
            for name in wanted
            if not (source.folder / f"{name}.sql").is_file()
        ]
        for what, names in (("streams", spec.streams), (DELETES, spec.deletes)):
            unknown = [stream for stream in names if stream not in source.streams]
            if unknown:
                lines.append(f"{key}.{what}: there is no stream {', '.join(unknown)}")
        known = {"is_deleted", "updated_at"} <= set(load_contracts()[entity].fields)
        if (spec.deletes or spec.sweep) and not known:
            lines.append(f"{key}: rows of this entity are never deleted, its contract says")
        if spec.sweep is not None and spec.streams[0] in source.streams:
            lines += [f"{key}.sweep{line}" for line in _sweep_problems(source, entity, spec.sweep)]
    return lines


def _sweep_problems(source: "Source", entity: str, sweep: Sweep) -> list[str]:

    lines: list[str] = []
    contract = load_contracts()[entity]
    stream = source.streams[source.entities[entity].streams[0]]
    if swept_stream(entity) in (*source.streams, *source.lookups):
        lines.append(f": {swept_stream(entity)} is the name of what it lands; rename the stream")
    unknown = [name for name in sweep.keys if name not in contract.key]
    if unknown:
        lines.append(f".keys: {', '.join(unknown)} is no key field of {entity}")
    is_file = isinstance(stream, FileStream)
    if is_file != (sweep.stream is not None):
        lines.append(".stream: files need one with all keys, tables and endpoints have them")
    elif is_file and not isinstance(source.streams.get(sweep.stream or ""), FileStream):
        lines.append(f".stream: there is no stream {sweep.stream} of files")
    whole = (
        (isinstance(stream, DatabaseStream) and stream.cursor is None)
        or (isinstance(stream, RestStream) and stream.incremental is None)
        or (isinstance(stream, FileStream) and "{date}" not in stream.path)
    )
    if whole:
        lines.append(": the stream comes whole each time, so what is gone is gone without a sweep")
    short = not is_file and len(getattr(stream, "key", ())) != len(contract.key)
    if short and set(sweep.keys) != set(contract.key):
        lines.append(f".keys: say how {', '.join(contract.key)} are made of the stream's key")
    return lines
