"""Published releases: list, look into, roll back, export."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from throughline.errors import PublishError
from throughline.fence import taken
from throughline.publish.swap import is_intact, release_path, serve
from throughline.settings import Settings
from throughline.sql_text import literal, quoted
from throughline.warehouse.engine import connect


@dataclass(frozen=True)
class Release:
    """One release on disk; `checks` counts results by status."""

    run_id: str
    as_of: date
    built_at: datetime
    code: str
    stale: dict[str, str]
    checks: dict[str, int]
    is_backdated: bool
    is_current: bool
    path: Path
    bytes: int


def list_releases(settings: Settings) -> list[Release]:
    """Releases on disk, newest first; damaged files are left out."""
    paths = settings.release_folder.glob("*.duckdb")
    found = [_read(settings, path) for path in paths if is_intact(path, path.stem)]
    return sorted(found, key=lambda release: release.built_at, reverse=True)


def show(settings: Settings, run_id: str) -> dict[str, Any]:
    """`build_info` of a release, and the rows of each of its tables under `tables`.

    Raises:
        PublishError: there is no such release.
    """
    with _opened(settings, run_id) as con:
        cursor = con.execute("select * from build_info")
        names = [column[0] for column in cursor.description or ()]
        info = dict(zip(names, cursor.fetchall()[0], strict=True))
        tables = {
            f"{schema}.{table}": con.execute(
                f"select count(*) from {quoted(schema)}.{quoted(table)}"
            ).fetchall()[0][0]
            for schema, table in _tables(con)
        }
    return {**info, "tables": tables}


def rollback(settings: Settings, run_id: str) -> None:
    """Serve another release that is on disk; the next night publishes as ever.

    Raises:
        PublishError: there is no such release, or it is damaged.
        FenceError: a night is at work and does not end.
    """
    with _opened(settings, run_id) as con:
        as_of = con.execute("select as_of from build_info").fetchall()[0][0]
    with taken(settings, f"rollback to {run_id}", as_of) as fence:
        serve(settings, run_id, fence)


def export(settings: Settings, run_id: str, to: str) -> list[str]:
    """Copy a release to a folder of Parquet files, or into a PostgreSQL database.

    `to` is a folder (one file per table, `<schema>/<table>.parquet`) or a URL that begins with
    `postgresql://` (one table per table, schemas made when missing, replaced in one transaction).
    Returns the tables.

    Raises:
        PublishError: there is no such release, or the database refuses.
    """
    is_database = to.startswith(("postgresql://", "postgres://"))
    if "://" in to and not is_database:
        raise PublishError("--to is a folder, or a URL that begins with postgresql://")
    with _opened(settings, run_id) as con:
        if is_database:
            return _to_postgres(con, to)
        return _to_parquet(con, Path(to))


def _to_parquet(con: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    done = []
    for schema, table in _tables(con):
        target = folder / schema / f"{table}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}")
        con.execute(
            f"copy (from {quoted(schema)}.{quoted(table)}) to {literal(draft)} (format parquet)"
        )
        draft.replace(target)
        done.append(f"{schema}.{table}")
    return done


def _to_postgres(con: duckdb.DuckDBPyConnection, url: str) -> list[str]:
    import adbc_driver_postgresql.dbapi as postgresql

    done, what = [], "the database"
    try:
        with postgresql.connect(url) as target, target.cursor() as cursor:
            for schema, table in _tables(con):
                what = f"{schema}.{table}"
                cursor.execute(f"create schema if not exists {quoted(schema)}")
                cursor.execute(f"drop table if exists {quoted(schema)}.{quoted(table)}")
                rows = con.execute(_plain(con, schema, table)).to_arrow_reader(50_000)
                cursor.adbc_ingest(table, rows, mode="create", db_schema_name=schema)
                done.append(what)
            target.commit()
    except postgresql.Error as error:
        raise PublishError(
            f"{what} cannot be written; PostgreSQL is as it was: {_without(url, str(error))}"
        ) from error
    return done


def _without(url: str, text: str) -> str:
    """A message without the password of a URL, also where it is half of a wrong one."""
    secret = url.partition("://")[2].rpartition("@")[0].partition(":")[2]
    return text.replace(secret, "…") if secret else text


def _plain(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    """SELECT of a table in types that PostgreSQL takes: nested ones as JSON text."""
    relation = f"{quoted(schema)}.{quoted(table)}"
    columns = []
    for name, kind, *_ in con.execute(f"describe {relation}").fetchall():
        column = quoted(name)
        if kind.startswith("MAP") or kind.endswith("]") or kind.startswith("STRUCT"):
            column = f"cast(to_json({column}) as varchar) as {column}"
        elif kind == "JSON":
            column = f"cast({column} as varchar) as {column}"
        elif kind.startswith("HUGEINT"):
            column = f"cast({column} as bigint) as {column}"
        columns.append(column)
    return f"select {', '.join(columns)} from {relation}"


@contextmanager
def _opened(settings: Settings, run_id: str) -> Iterator[duckdb.DuckDBPyConnection]:
    path = release_path(settings, run_id)
    if not is_intact(path, run_id):
        raise PublishError(
            f"there is no whole release {run_id}; `throughline release list` shows which there are"
        )
    with connect(settings, path, read_only=True) as con:
        yield con


def _tables(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return con.execute(
        "select schema_name, table_name from duckdb_tables() order by all"
    ).fetchall()


def _read(settings: Settings, path: Path) -> Release:
    with connect(settings, path, read_only=True) as con:
        row = con.execute(
            "select run_id, as_of, built_at, code, stale, checks, is_backdated from build_info"
        ).fetchall()[0]
    return Release(
        *row,
        is_current=settings.current.resolve() == path.resolve(),
        path=path,
        bytes=path.stat().st_size,
    )
