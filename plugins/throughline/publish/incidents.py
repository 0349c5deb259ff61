"""`audit.incidents`: every incident there ever was, as it stood when the candidate was built."""

import logging
from typing import Any

import duckdb

from throughline.errors import ThroughlineError
from throughline.settings import Settings
from throughline.sql_text import literal

log = logging.getLogger(__name__)

COLUMNS = {
    "dedup_key": ("varchar", "identity: kind, subject and window"),
    "kind": ("varchar", "check, outcome, cutoff, task, disk, upkeep or silence"),
    "subject": ("varchar", "what it is about"),
    "window": ("varchar", "night or batch it is about"),
    "owner": ("varchar", "who is told"),
    "severity": ("varchar", "critical (blocks) or warning"),
    "status": ("varchar", "open, acknowledged or resolved"),
    "blocks": ("varchar", "what it blocks"),
    "acknowledged_by": ("varchar", "who is at it"),
    "resolved_by": ("varchar", "who or what ended it"),
    "end_reason": ("varchar", "why it ended where nothing passed; else empty"),
    "first_bad_run": ("varchar", "first run, or night, with this failure"),
    "served": ("varchar", "release that analysts read when it opened"),
    "blast_radius": ("varchar[]", "published tables and exposures made of what failed"),
    "repeats": ("bigint", "reports of it after the first"),
    "opened_at": ("timestamptz", "when it opened, the last time"),
    "last_seen_at": ("timestamptz", "when it was last reported"),
    "acknowledged_at": ("timestamptz", "when somebody took it"),
    "resolved_at": ("timestamptz", "when it ended"),
}
"""Name → type and meaning, in the order of the table."""


def write_incidents(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write one row per incident; without the state database, the rows of the served release."""
    types = ", ".join(f'"{name}" {kind}' for name, (kind, _) in COLUMNS.items())
    con.execute(f"create table audit.incidents ({types})")
    con.execute("comment on table audit.incidents is 'One row per incident, open and over.'")
    for name, (_, about) in COLUMNS.items():
        con.execute(f'comment on column audit.incidents."{name}" is {literal(about)}')
    marks = ", ".join("?" * len(COLUMNS))
    for row in sorted(_rows(settings), key=lambda row: (row["opened_at"], row["dedup_key"])):
        values = [row[name] for name in COLUMNS]
        con.execute(f"insert into audit.incidents values ({marks})", values)


def _rows(settings: Settings) -> list[dict[str, Any]]:
    from throughline.alerts import register

    if settings.state_url is None:
        return _published(settings)
    try:
        found = register.incidents(settings, resolved_too=True, limit=None)
    except ThroughlineError as error:
        log.warning("audit.incidents is that of the served release: %s", error)
        return _published(settings)
    return [{**row, "repeats": row["occurrences"] - 1} for row in found]


def _published(settings: Settings) -> list[dict[str, Any]]:
    if not settings.current.exists():
        return []
    with duckdb.connect(str(settings.current.resolve()), read_only=True) as served:
        known = served.execute(
            "select count(*) from duckdb_tables() where schema_name = 'audit'"
            " and table_name = 'incidents'"
        ).fetchall()
        if known == [(0,)]:
            return []
        found = served.execute("select * from audit.incidents")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
