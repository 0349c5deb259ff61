"""One hash for the content of a release, to compare releases with each other."""

import hashlib
from pathlib import Path

import duckdb

from throughline.sql_text import quoted

SKIPPED = {"main.build_info", "audit.model_runs", "audit.incidents"}
VOLATILE = {
    "run_id": "*",
    "seconds": "audit.check_results",
    "observed": "audit.check_results",
    "unexpected_rows": "audit.check_results",
}
"""Columns (and where) that tell of the making, not of the data: how long it took, which dates an
incremental run looked at."""


def release_hash(file: Path) -> str:
    """Hash all rows of all tables; equal data in any order and any release give equal hashes.

    Left out are `build_info`, timings and incidents.
    """
    return hashlib.sha256(repr(sorted(table_hashes(file).items())).encode()).hexdigest()


def table_hashes(file: Path) -> dict[str, str]:
    """Hash of each table by `schema.name`, over its columns and its ordered rows."""
    with duckdb.connect(str(file), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables() order by all"
        ).fetchall()
        return {
            f"{schema}.{table}": _hash(con, schema, table)
            for schema, table in tables
            if f"{schema}.{table}" not in SKIPPED
        }


def _hash(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    relation = f"{quoted(schema)}.{quoted(table)}"
    columns = [
        (name, kind)
        for name, kind, *_ in con.execute(f"describe {relation}").fetchall()
        if VOLATILE.get(name) not in ("*", f"{schema}.{table}")
    ]
    digest = hashlib.sha256(repr(columns).encode())
    if columns:
        names = ", ".join(quoted(name) for name, _ in columns)
        cursor = con.execute(f"select {names} from {relation} order by all")
        while rows := cursor.fetchmany(10_000):
            digest.update(repr(rows).encode())
    return digest.hexdigest()
