"""Vendor packs as they are in the repository: on samples, in a home, on the vendors' own tables."""

import csv
import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import yaml

import ingest_case as case
from throughline.conform import Engine, conform, find_parts
from throughline.connect.transactions import Connections
from throughline.database_stream import DatabaseStream
from throughline.extract import land_stream
from throughline.file_stream import FileStream
from throughline.landing import InputBatch, input_batches
from throughline.preview import Preview, preview
from throughline.scaffold import PACKS
from throughline.settings import Settings
from throughline.source_folders import Source, load_sources, read_source

SAMPLES = Path(__file__).parent / "packs"
SEEDS = "fivetran_vendor_seeds"
_POSTGRES = {"BIGINT": "bigint", "BOOLEAN": "boolean", "DOUBLE": "double precision"}
_POSTGRES |= {"TIMESTAMP": "timestamp", "DATE": "date"}


def data_folder() -> Path:
    """The public data sets, which are never part of the repository."""
    given = os.environ.get("THROUGHLINE_REAL_DATA")
    return Path(given) if given else Path(__file__).parents[2] / "shared" / "data"


needs_seeds = pytest.mark.skipif(
    not (data_folder() / SEEDS).is_dir(),
    reason="the vendors' tables are not here; set THROUGHLINE_REAL_DATA to the data sets' folder",
)


def installed(tmp_path: Path, pack: str, *changes: tuple[str, str]) -> Settings:
    """A home whose one source is the pack, with changes to the text of its source.yml."""
    settings = case.make_settings(tmp_path)
    folder = settings.sources_path[0] / pack
    shutil.copytree(PACKS / pack, folder)
    text = (folder / "source.yml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "source.yml").write_text(text, encoding="utf-8")
    return settings


def found_in(settings: Settings) -> dict[str, InputBatch]:
    """The input batches by entity."""
    return {batch.entity: batch for batch in input_batches(settings)}


def taken(settings: Settings, pack: str, as_of: date) -> tuple[dict[str, InputBatch], list[str]]:
    """Land every stream and conform every entity for a night, unjudged; errors of streams."""
    source = load_sources(settings)[pack]
    errors: list[str] = []
    with Connections() as connections:
        for stream in source.streams:
            errors += land_stream(settings, source, stream, as_of, connections)[0]
    found: dict[str, InputBatch] = {}
    with Engine(settings, source) as engine:
        for entity in source.entities:
            for parts in find_parts(settings, source, entity, as_of)[0]:
                if parts.as_of == as_of:
                    found[entity] = conform(settings, parts, engine)
    return found, errors


@dataclass(frozen=True)
class Sample:
    """A pack's sample: files by stream and, by entity, what must become of them."""

    pack: str

    @property
    def folder(self) -> Path:
        return SAMPLES / self.pack

    @property
    def expected(self) -> dict[str, dict[str, Any]]:
        return yaml.safe_load((self.folder / "expected.yml").read_text(encoding="utf-8"))

    def file(self, stream: str) -> Path:
        """The sample of a stream; each has exactly one."""
        (path,) = (p for p in self.folder.iterdir() if p.name.split(".")[0] == stream)
        return path


def mapped(tmp_path: Path, pack: str, entity: str, numeric: bool = False) -> Preview:
    """Land the pack's sample in place of its streams, and conform one entity.

    With `numeric` the numbers of tables come as PostgreSQL's numeric lands: as text.
    """
    source = read_source(PACKS / pack / "source.yml")
    streams = {
        name: stream.model_copy(update={"path": str(_file(tmp_path, pack, name))})
        if isinstance(stream := source.streams[name], FileStream)
        else _as_file(_file(tmp_path, pack, name, isinstance(stream, DatabaseStream), numeric))
        for name in source.entities[entity].streams
    }
    replaced: Source = source.model_copy(update={"streams": streams})
    return preview(case.make_settings(tmp_path), replaced, entity, date(2999, 1, 1), 1000)


def _file(
    tmp_path: Path, pack: str, stream: str, native: bool = False, numeric: bool = False
) -> Path:
    """A sample; a table's in Parquet, as a database's rows land, in the types of its values."""
    given = Sample(pack).file(stream)
    if not native:
        return given
    path = tmp_path / f"{stream}.parquet"
    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.read_csv(str(given), header=True)
        names = zip(rows.columns, map(str, rows.types), strict=True)
        texts = [name for name, kind in names if numeric and kind in ("BIGINT", "DOUBLE")]
        kept = ", ".join([f'cast("{name}" as varchar) as "{name}"' for name in texts])
        shown = rows.project(f"* replace ({kept})") if texts else rows
        shown.write_parquet(str(path))
    return path


def _as_file(path: Path) -> FileStream:
    return FileStream.model_validate(
        {"way": "files", "path": str(path), "format": path.suffix.lstrip(".")}
    )


def seed_rows(name: str) -> list[dict[str, str]]:
    """Rows of a seed such as `stripe/refund`, as text."""
    with (data_folder() / SEEDS / f"{name}_data.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def load_seeds(url: str, schema: str, tables: dict[str, str]) -> None:
    """Put seeds, by table, into a PostgreSQL schema, in the types that DuckDB finds in them."""
    with psycopg.connect(url, autocommit=True) as connection, duckdb.connect() as reader:
        connection.execute(f"drop schema if exists {schema} cascade")
        connection.execute(f"create schema {schema}")
        for table, seed in tables.items():
            path = data_folder() / SEEDS / f"{seed}_data.csv"
            read = reader.execute("select * from read_csv(?, header = true)", [str(path)])
            kinds = [(c[0].strip().lower(), str(c[1])) for c in read.description or []]
            told = ", ".join(f'"{name}" {_POSTGRES.get(kind, "text")}' for name, kind in kinds)
            connection.execute(f'create table {schema}."{table}" ({told})')
            copy = f'copy {schema}."{table}" from stdin (format csv, header)'
            with connection.cursor() as cursor, cursor.copy(copy) as into:
                into.write(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
