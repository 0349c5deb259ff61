"""Incidents, their history and the messages they owe, as files: out of a database and back in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from throughline.alerts import state
from throughline.errors import BackupError
from throughline.settings import Settings

TABLES = {
    "incidents": "incident_id",
    "incident_parts": "incident_id, part",
    "incident_events": "event_id",
    "outbox": "message_id",
}
"""Tables of the schema and their order: a table comes after those it refers to."""

_COLUMNS = """
select column_name
from information_schema.columns
where table_schema = 'throughline' and table_name = %s
order by ordinal_position
"""


@dataclass(frozen=True)
class Copied:
    """One table as PostgreSQL's COPY writes it, in `<table>.copy`."""

    table: str
    columns: tuple[str, ...]

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"{self.table}.copy"


def dump(settings: Settings, folder: Path) -> list[Copied]:
    """Write every table as it stood at one instant; nobody who writes waits for it.

    Raises:
        BackupError: the state database does not answer.
    """
    try:
        with state.connect(settings) as connection:
            connection.execute("set transaction isolation level repeatable read, read only")
            found = [Copied(table, _columns(connection, table)) for table in TABLES]
            for one in found:
                _write(connection, one, folder / one.file)
            return found
    except state.unreachable() as error:
        raise _silent(error) from error


def load(settings: Settings, folder: Path, tables: list[Copied]) -> None:
    """Fill an empty state database in one transaction; one that holds just this stays as it is.

    Raises:
        BackupError: it holds other incidents, or does not answer.
    """
    try:
        with state.connect(settings) as connection:
            if _is_there(connection, folder, tables):
                return
            known = connection.execute("select count(*) as n from throughline.incidents").fetchone()
            if known["n"]:
                raise BackupError(
                    f"the state database holds {known['n']} incidents already; give an empty"
                    " database in THROUGHLINE_STATE_URL, or drop its schema `throughline`"
                )
            for one in tables:
                _read(connection, one, folder / one.file)
    except state.unreachable() as error:
        raise _silent(error) from error


def _columns(connection: Any, table: str) -> tuple[str, ...]:
    found = connection.execute(_COLUMNS, [table]).fetchall()
    return tuple(row["column_name"] for row in found)


def _write(connection: Any, one: Copied, path: Path) -> None:
    with path.open("wb") as file:
        for block in _blocks(connection, one):
            file.write(block)


def _blocks(connection: Any, one: Copied) -> Any:
    names = ", ".join(f'"{name}"' for name in one.columns)
    rows = f"select {names} from throughline.{one.table} order by {TABLES[one.table]}"
    with connection.cursor().copy(f"copy ({rows}) to stdout") as copy:
        for block in copy:
            yield bytes(block)


def _read(connection: Any, one: Copied, path: Path) -> None:
    names = ", ".join(f'"{name}"' for name in one.columns)
    with connection.cursor().copy(f"copy throughline.{one.table} ({names}) from stdin") as copy:
        copy.write(path.read_bytes())
    key = TABLES[one.table]
    if "," not in key:  # a number that the table itself gives
        connection.execute(
            f"select setval(pg_get_serial_sequence('throughline.{one.table}', '{key}'),"
            f" coalesce(max({key}), 0) + 1, false) from throughline.{one.table}"
        )


def _is_there(connection: Any, folder: Path, tables: list[Copied]) -> bool:
    """Whether an earlier restore, killed after this step, filled the tables with these rows."""
    filled = [(folder / one.file).read_bytes() for one in tables]
    there = [b"".join(_blocks(connection, one)) for one in tables]
    return any(filled) and filled == there


def _silent(error: BaseException) -> BackupError:
    return BackupError(
        f"{state.silence(error)}; start it (`throughline up`, or the server's PostgreSQL)"
        " and try again"
    )
