"""The demo company's CRM: a real PostgreSQL database, brought to the state of a night."""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from throughline.demo.crm_tables import SCHEMA, TABLES, Table
from throughline.demo.times import start_of
from throughline.errors import ConfigError
from throughline.settings import Settings
from throughline.sql_text import literal


def load_crm(settings: Settings, url: str, as_of: date) -> dict[str, int]:
    """Bring the CRM at `url` to its state at the end of `as_of`; return rows written per table.

    Each table is compared with that state: only rows that differ are written, so a second call
    writes nothing. All tables change in one transaction; readers see the old or the new state.

    Raises:
        ConfigError: the demo world was not generated up to `as_of`.
    """
    import psycopg

    folder = settings.demo_folder / "crm_versions"
    _require(settings, folder, as_of)
    limit = datetime.fromtimestamp(start_of(as_of.toordinal() + 1), UTC)
    written = {}
    with psycopg.connect(url, connect_timeout=10) as connection, connection.cursor() as cursor:
        cursor.execute(f"create schema if not exists {SCHEMA}")
        cursor.execute("set local timezone to 'UTC'")
        for table in TABLES.values():
            cursor.execute(table.ddl(SCHEMA))
            written[table.name] = _bring(cursor, table, folder, limit)
    return written


def _require(settings: Settings, folder: Path, as_of: date) -> None:
    marker = folder / "until"
    until = marker.read_text(encoding="utf-8").strip() if marker.exists() else None
    if until is None or date.fromisoformat(until) < as_of:
        raise ConfigError(
            f"the demo world in {settings.demo_folder} ends {until or 'before it began'}, not at "
            f"{as_of}; run `python -m throughline.demo --end {as_of}` first"
        )


def _bring(cursor: Any, table: Table, folder: Path, limit: datetime) -> int:
    """Make a table equal to its state before `limit`; return rows inserted or changed."""
    wanted, real = f"wanted_{table.name}", f"{SCHEMA}.{table.name}"
    cursor.execute(f"create temp table {wanted} (like {real}) on commit drop")
    with tempfile.TemporaryDirectory() as scratch:
        text = Path(scratch) / "state.csv"
        _write_state(table, folder, limit, text)
        with cursor.copy(f"copy {wanted} from stdin (format csv, header)") as copy:
            with text.open("rb") as state:
                while chunk := state.read(1 << 20):
                    copy.write(chunk)
    cursor.execute(
        f"delete from {real} as old where not exists"
        f" (select 1 from {wanted} as new"
        f" where {_same_key(table)} and old.* is not distinct from new.*)"
    )
    cursor.execute(
        f"insert into {real} select * from {wanted} as new where not exists"
        f" (select 1 from {real} as old where {_same_key(table)})"
    )
    return cursor.rowcount


def _same_key(table: Table) -> str:
    return " and ".join(f'old."{name}" = new."{name}"' for name in table.key)


def _write_state(table: Table, folder: Path, limit: datetime, target: Path) -> None:
    """Write the newest version of each key before `limit` as CSV; an empty cell is NULL."""
    import duckdb

    key = ", ".join(f'"{name}"' for name in table.key)
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(
            f"""
            copy (
                select * from read_parquet({literal(folder / f"{table.name}.parquet")})
                where updated_at < '{limit.isoformat()}'::timestamptz
                qualify row_number() over (partition by {key} order by updated_at desc) = 1
                order by {key}
            ) to {literal(target)} (format csv, header)
            """
        )
