"""What a mapping sees: its streams, the source's lookups and constants, in a DuckDB of its own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from throughline.conform import casts, pii
from throughline.conform.parts import Parts
from throughline.connect.formats import read_stream
from throughline.errors import ConformError
from throughline.file_stream import FileStream
from throughline.landing.manifests import verify
from throughline.settings import Settings
from throughline.source_folders import Source


class Engine:
    """In-memory DuckDB for the batches of one source, with the macros of conform.

    It opens when the first batch needs it: that costs more than conforming a small one.
    """

    def __init__(self, settings: Settings, source: Source) -> None:
        self._settings = settings
        self._scratch = settings.work / "conform" / source.name
        self._open: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *error: object) -> None:
        if self._open is not None:
            self._open.close()
            shutil.rmtree(self._scratch, ignore_errors=True)

    @contextmanager
    def session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A session of its own, whose temporary tables and settings end with the block."""
        if self._open is None:
            self._open = self._start()
        session = self._open.cursor()
        try:
            pii.set_key(session, pii.pii_key(self._settings))
            yield session
        finally:
            session.close()

    def _start(self) -> duckdb.DuckDBPyConnection:
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True, mode=0o700)
        limits = self._settings.warehouse
        connection = duckdb.connect(
            config={
                "threads": limits.threads,
                "memory_limit": limits.memory_limit,
                "temp_directory": str(self._scratch),
                "autoinstall_known_extensions": False,
                "allow_community_extensions": False,
            }
        )
        pii.define(connection)
        connection.execute(casts.PLACED)
        return connection


def make_views(connection: duckdb.DuckDBPyConnection, settings: Settings, parts: Parts) -> None:
    """Make the table of each stream, `constants`, and a view of each lookup.

    Raises:
        SourceError: a landed file is not the one of its manifest, or cannot be read.
    """
    for name, manifest in parts.manifests.items():
        verify(settings, manifest)
        stream = parts.source.stream(name)
        folder = manifest.folder(settings)
        files = [(file.name, folder / file.name) for file in manifest.files if file.bytes]
        read_stream(connection, name, stream, files)
        if not files:
            _make_empty(connection, parts.source, name)
    for name in parts.source.lookups:
        _make_lookup(connection, name, parts.source.lookup_path(name))
    _make_constants(connection, parts.source)


def _make_empty(connection: duckdb.DuckDBPyConnection, source: Source, name: str) -> None:
    stream = source.stream(name)
    if isinstance(stream, FileStream) and "json" not in stream.format:
        names = [f'"{column}" varchar' for column in stream.columns]
    else:
        names = ["record json"]
    connection.execute(
        f'create temp table "{name}" ({", ".join(["_file varchar", "_row bigint", *names])})'
    )


def _make_lookup(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    readers = {
        ".csv": "read_csv($1, all_varchar = true, header = true, delim = ',')",
        ".tsv": "read_csv($1, all_varchar = true, header = true, delim = '\t')",
        ".jsonl": "read_ndjson($1)",
        ".json": "read_json($1)",
        ".parquet": "read_parquet($1)",
    }
    if path.suffix not in readers:
        raise ConformError(f"lookup {path} is none of {', '.join(readers)}")
    try:
        connection.execute(
            f'create temp table "{name}" as select * from {readers[path.suffix]}', [str(path)]
        )
    except duckdb.Error as error:
        said = " ".join(str(error).split())[:300]
        raise ConformError(f"lookup {path} cannot be read: {said}") from error


def _make_constants(connection: duckdb.DuckDBPyConnection, source: Source) -> None:
    items = source.constants or {"none": ""}
    columns = ", ".join(f'${number} as "{name}"' for number, name in enumerate(items, 1))
    connection.execute(f"create temp table constants as select {columns}", list(items.values()))
