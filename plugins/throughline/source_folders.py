"""Source folders: `source.yml` with one `<entity>.sql` per entity, read and validated."""

import re
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from throughline.entity_streams import EntitySpec, entity_problems, swept_stream
from throughline.errors import ConfigError
from throughline.rest_stream import RestStream
from throughline.settings import Settings, explain
from throughline.settings_sections import TimeZone, expanded
from throughline.yaml_text import read_yaml

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
TABLE = re.compile(r"[^\W\d][\w$]{0,62}(\.[^\W\d][\w$]{0,62})?")
COLUMN = re.compile(r"[^\W\d][\w$]{0,62}")
_PLACEHOLDER = re.compile(r"\{[^{}/]*\}")
_TAKEN = "broken constants judged mapped numbered places rejected rejected_rows".split()
_TAKEN += ["reject_errors", "reject_scans"]

Domain = Literal["marketing", "crm", "calls", "product"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileStream(_Strict):
    """Files that appear under a path; `{date}` and `{until}` in it name the window.

    The path may be a URL such as s3://bucket/…; `connection` then holds the key to it.
    """

    way: Literal["files"]
    path: str
    connection: str | None = None
    format: Literal["csv", "tsv", "jsonl", "json", "parquet", "xlsx"]
    compression: Literal["auto", "gzip", "zstd", "zip", "none"] = "auto"
    sheet: str | None = None
    encoding: str = "utf-8"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    header: bool = True
    columns: tuple[str, ...] = ()
    control: Literal["none", "sha256"] = "none"
    final_newline: bool = True
    empty_ok: bool = False

    @field_validator("path")
    @classmethod
    def _can_be_looked_for(cls, value: str) -> str:
        unknown = sorted({*_PLACEHOLDER.findall(value)} - {"{home}", "{date}", "{until}"})
        if unknown:
            raise ValueError(f"{', '.join(unknown)} is none of {{home}}, {{date}}, {{until}}")
        if "{until}" in value and "{date}" not in value:
            raise ValueError("{until} ends a span that begins with {date}; a single day is {date}")
        return str(expanded(Path(value))) if value.startswith("~") else value

    @field_validator("encoding")
    @classmethod
    def _encoding_exists(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError as error:
            raise ValueError(f"{value!r} is no encoding of text such as utf-16, gb18030") from error
        return value

    @property
    def separator(self) -> str:
        """Character between two cells of a text table."""
        return self.delimiter or ("\t" if self.format == "tsv" else ",")


class DatabaseStream(_Strict):
    """One table of a database; without a cursor each night takes all of it.

    A read that takes longer than `minutes` stops and complains. `partitions` of a PostgreSQL table
    that is read whole are read at the same time.
    """

    way: Literal["database"]
    connection: str
    table: str
    key: tuple[str, ...] = Field(min_length=1)
    cursor: str | None = None
    lag_hours: float = Field(default=24, ge=0)
    minutes: float = Field(default=90, ge=0.1, le=1440)
    columns: tuple[str, ...] = ()
    partitions: int = Field(default=1, ge=1, le=16)

    @field_validator("table")
    @classmethod
    def _table_shape(cls, value: str) -> str:
        if not TABLE.fullmatch(value):
            raise ValueError(f"{value!r} is not a table name such as crm.leads")
        return value

    @field_validator("key", "columns")
    @classmethod
    def _column_shapes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not COLUMN.fullmatch(name):
                raise ValueError(f"{name!r} is not a column name")
        return value

    @field_validator("cursor")
    @classmethod
    def _cursor_shape(cls, value: str | None) -> str | None:
        if value is not None and not COLUMN.fullmatch(value):
            raise ValueError(f"{value!r} is not a column name")
        return value


Stream = Annotated[FileStream | DatabaseStream | RestStream, Field(discriminator="way")]


_SWEPT = FileStream(way="files", path="-", format="parquet", empty_ok=True)


class Source(_Strict):
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
