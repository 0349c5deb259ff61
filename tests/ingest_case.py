"""A home folder and a source folder written by the test itself."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from throughline.conform import conform, find_parts
from throughline.connect.files import land_files
from throughline.landing import InputBatch
from throughline.settings import Settings, load_settings
from throughline.source_folders import Source, load_sources

NIGHT = date(2026, 3, 2)

CALLS_SQL = """
select calls._file, calls._row, id as call_id, direction, phone as caller, start_at, outcome
from calls
"""


def make_settings(folder: Path, **keys: Any) -> Settings:
    """Settings of a home below `folder`, with an empty sources folder."""
    import yaml

    (folder / "sources").mkdir(parents=True, exist_ok=True)
    given = {"home": "home", "sources_path": ["sources"], **keys}
    (folder / "throughline.yml").write_text(yaml.safe_dump(given), encoding="utf-8")
    (folder / "home" / "drop").mkdir(parents=True, exist_ok=True)
    return load_settings(folder / "throughline.yml")


def write_source(
    settings: Settings,
    name: str = "phones",
    streams: dict[str, Any] | None = None,
    mappings: dict[str, str] | None = None,
    entities: dict[str, Any] | None = None,
    **keys: Any,
) -> Source:
    """Write a source folder; without arguments calls from CSV files `calls_<date>.csv`."""
    import yaml

    folder = settings.sources_path[0] / name
    folder.mkdir(exist_ok=True)
    streams = streams or {
        "calls": {"way": "files", "path": "{home}/drop/calls_{date}_{until}.csv", "format": "csv"}
    }
    mappings = mappings or {"cdr": CALLS_SQL}
    given = {
        "source": name,
        "domain": "calls",
        "owner": "phones-team",
        "description": "Phone calls.",
        "timezone": "Asia/Shanghai",
        "streams": streams,
        "entities": entities or {entity: {"streams": list(streams)} for entity in mappings},
        **keys,
    }
    (folder / "source.yml").write_text(yaml.safe_dump(given, allow_unicode=True), encoding="utf-8")
    for entity, sql in mappings.items():
        (folder / f"{entity}.sql").write_text(sql, encoding="utf-8")
    return load_sources(settings)[name]


def drop(settings: Settings, name: str, content: str | bytes) -> Path:
    """Put a file where the file streams of the tests look for it."""
    path = settings.home / "drop" / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def call_lines(*lines: str) -> str:
    """A CSV file of calls."""
    return "id,direction,phone,start_at,outcome\n" + "".join(f"{line}\n" for line in lines)


def take(
    settings: Settings, source: Source, as_of: date = NIGHT, entity: str | None = None
) -> list[InputBatch]:
    """Land and conform the file streams of a source; nothing is judged."""
    for stream in source.streams:
        landing = land_files(settings, source, stream, as_of)
        assert landing.errors == ()
    out = []
    for name in source.entities:
        if entity in (None, name):
            out += [conform(settings, p) for p in find_parts(settings, source, name, as_of)[0]]
    return out


def rows(path: Path, columns: str = "*") -> list[tuple[Any, ...]]:
    """Rows of a Parquet file in its own order, instants in UTC."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(f"select {columns} from read_parquet(?)", [str(path)]).fetchall()
