"""Source folders: `source.yml` with one `<entity>.sql` per entity, read and validated."""

import re
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError

from throughline.database_stream import DatabaseStream
from throughline.entity_streams import EntitySpec, entity_problems, swept_stream
from throughline.errors import ConfigError
from throughline.file_stream import FileStream
from throughline.rest_stream import RestStream
from throughline.settings import Settings, explain
from throughline.settings_alerts import Section
from throughline.settings_sections import TimeZone
from throughline.yaml_text import read_yaml

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TAKEN = "broken constants judged mapped numbered places rejected rejected_rows".split()
_TAKEN += ["reject_errors", "reject_scans"]

Domain = Literal["marketing", "crm", "calls", "product"]


Stream = Annotated[FileStream | DatabaseStream | RestStream, Field(discriminator="way")]


_SWEPT = FileStream(way="files", path="-", format="parquet", empty_ok=True)


class Source(Section):
    """One source system. `folder` is where its `source.yml` stands."""

    source: str
    domain: Domain
    owner: str = Field(min_length=1)
    description: str = Field(min_length=1)
    timezone: TimeZone
    reject_limit: float = Field(default=0.01, ge=0, le=1)
    constants: dict[str, int | float | str] = Field(default_factory=dict)
    lookups: dict[str, str] = Field(default_factory=dict)
    streams: dict[str, Stream] = Field(min_length=1)
    entities: dict[str, EntitySpec] = Field(min_length=1)
    folder: Path

    @property
    def name(self) -> str:
        """Name of the source, equal to its folder's."""
        return self.source

    def stream(self, name: str) -> Stream:
        """A declared stream, or that of what a sweep of an entity found gone."""
        swept = [swept_stream(entity) for entity, spec in self.entities.items() if spec.sweep]
        return _SWEPT if name in swept else self.streams[name]

    def mapping(self, entity: str) -> str:
        """Text of the entity's mapping; that of its delete feed is called `<entity>.deletes`.

        Raises:
            ConfigError: it is not UTF-8.
        """
        path = self.folder / f"{entity}.sql"
        try:
            return path.read_text(encoding="utf-8")
        except UnicodeError as error:
            raise ConfigError(f"{path} is not UTF-8: {error}") from error

    def lookup_path(self, lookup: str) -> Path:
        """File of a lookup."""
        return self.folder / self.lookups[lookup]


def load_sources(settings: Settings) -> dict[str, Source]:
    """Read every source folder of `settings.sources_path`, by name, in name order.

    Raises:
        ConfigError: a folder or one of its keys is wrong; the message names file and key.
    """
    found: dict[str, Source] = {}
    for root in settings.sources_path:
        if not root.is_dir():
            raise ConfigError(f"sources_path: {root} is not a folder")
        for path in sorted(root.glob("*/source.yml")):
            source = read_source(path)
            if source.name in found:
                other = found[source.name].folder
                raise ConfigError(f"{path}: source {source.name!r} is already defined in {other}")
            found[source.name] = source
    return dict(sorted(found.items()))


def read_source(path: Path) -> Source:
    """Read one `source.yml`.

    Raises:
        ConfigError: it is not valid; the message names the file and the key.
    """
    try:
        given = read_yaml(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeError) as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(given, dict):
        raise ConfigError(f"{path} must hold keys and values")
    try:
        source = Source.model_validate({**given, "folder": path.parent})
    except ValidationError as error:
        raise ConfigError(explain(path, error)) from error
    problems = _problems(source)
    if problems:
        raise ConfigError(f"{path} is not valid:\n" + "\n".join(f"  {line}" for line in problems))
    return source


def _problems(source: Source) -> list[str]:
    """What the keys of a source contradict; each line begins with the key."""
    lines: list[str] = []
    if source.name != source.folder.name:
        lines.append(f"source: {source.name!r} differs from the folder {source.folder.name!r}")
    views = [*source.streams, *source.lookups]
    for name in [source.name, *views, *source.constants]:
        if not NAME.fullmatch(name):
            lines.append(f"{name}: not a name in lower case")
    if len(set(views)) < len(views):
        lines.append("streams, lookups: names must differ")
    for name in sorted({*views} & {*_TAKEN, *(f"{view}_part" for view in views)}):
        lines.append(f"streams, lookups: {name} is the name of a table of conform's own; rename it")
    for name, file in source.lookups.items():
        inside = not Path(file).is_absolute() and ".." not in Path(file).parts
        if not inside or not (source.folder / file).is_file():
            lines.append(f"lookups.{name}: {file} is not a file of the source folder")
    for name, stream in source.streams.items():
        if isinstance(stream, FileStream) and not stream.header and not stream.columns:
            lines.append(f"streams.{name}.columns: needed where the files have no header")
    return lines + entity_problems(source)
