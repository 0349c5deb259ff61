"""Make a server ready, at every start: `python -m throughline.server.first_start`.

Databases and their roles, Airflow's tables, its administrator, the pool of the work file, the
tables of incidents, writable volumes. Everything can be done again and changes nothing that is
there, except that passwords become those of the environment. Runs beside no other service.
"""

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

from throughline import keys
from throughline.errors import ConfigError, ThroughlineError
from throughline.settings import Settings, load_settings

POOL = ("warehouse", "1", "tasks that open the work file")
_COMMAND_SECONDS = 600
log = logging.getLogger("throughline.first_start")


def main() -> None:
    """Do every step in order; the first that fails ends it with exit status 1."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = load_settings()
    try:
        check_volumes(settings)
        make_databases(settings)
        _airflow("db", "migrate")
        _make_administrator(settings)
        _airflow("pools", "set", *POOL)
        _make_state(settings)
    except ThroughlineError as error:
        log.error("%s", error)
        raise SystemExit(1) from None
    log.info("ready")


def check_volumes(settings: Settings) -> None:
    """Make the private folders of the home, which proves that it can be written.

    Raises:
        ConfigError: the volume belongs to somebody else; the message says what to do.
    """
    try:
        for name in ("secrets", "run", "landing"):
            keys.private_folder(settings.home / name)
    except OSError as error:
        raise ConfigError(
            f"{settings.home} cannot be written ({error}); the volume must belong to the user of"
            " the image: where it is a folder of the host, chown 10001:10001 it"
        ) from error


def make_databases(settings: Settings) -> None:
    """Make a role and a database for Airflow and for incidents, and the demo's CRM database.

    A role may use its own databases only. Its password becomes the one of its URL.

    Raises:
        ConfigError: a URL is not in the environment.
        ThroughlineError: PostgreSQL refuses; the message says what.
    """
    import psycopg

    targets = [
        settings.secret("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"),
        settings.secret("THROUGHLINE_STATE_URL"),
        settings.connection("demo_crm"),
    ]
    try:
        admin = settings.secret("THROUGHLINE_POSTGRES_URL")
        with psycopg.connect(admin, autocommit=True, connect_timeout=10) as connection:
            for url in targets:
                _make_database(connection, plain(url))
    except psycopg.Error as error:
        raise ThroughlineError(f"PostgreSQL cannot be prepared: {error}") from error


def plain(url: str) -> str:
    """A PostgreSQL URL without the driver that SQLAlchemy's URLs may name."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"


def _make_database(connection: Any, url: str) -> None:
    from psycopg import conninfo, sql

    wanted = conninfo.conninfo_to_dict(url)
    role, database = sql.Identifier(wanted["user"]), sql.Identifier(wanted["dbname"])
    known = "select 1 from pg_roles where rolname = %s"
    verb = "alter" if connection.execute(known, [wanted["user"]]).fetchone() else "create"
    connection.execute(
        sql.SQL("{} role {} login nosuperuser password {}").format(
            sql.SQL(verb), role, sql.Literal(wanted["password"])
        )
    )
    known = "select 1 from pg_database where datname = %s"
    if connection.execute(known, [wanted["dbname"]]).fetchone() is None:
        connection.execute(sql.SQL("create database {} owner {}").format(database, role))
        log.info("database %s made", wanted["dbname"])
    connection.execute(sql.SQL("revoke all on database {} from public").format(database))


def _make_administrator(settings: Settings) -> None:
    """Make the first user of Airflow's UI; one of this name stays as it is."""
    name = settings.secret("THROUGHLINE_AIRFLOW_USER")
    password = settings.secret("THROUGHLINE_AIRFLOW_PASSWORD")
    # Asked for twice on standard input: a command line can be read by everybody on the host.
    _airflow(
        *("users", "create", "--username", name, "--role", "Admin"),
        *("--email", f"{name}@localhost", "--firstname", name, "--lastname", "-"),
        answers=f"{password}\n{password}\n",
    )


def _make_state(settings: Settings) -> None:
    import psycopg

    from throughline.alerts import state

    try:
        with state.connect(settings):
            log.info("tables of incidents are in place")
    except psycopg.Error as error:
        raise ThroughlineError(f"tables of incidents cannot be made: {error}") from error


def _airflow(*arguments: str, answers: str = "") -> None:
    command = [str(Path(sys.executable).with_name("airflow")), *arguments]
    done = subprocess.run(
        command,
        input=answers,
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS,
        start_new_session=True,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-2000:]
        raise ThroughlineError(f"airflow {' '.join(arguments[:2])} failed:\n{said}")
    log.info("airflow %s: done", " ".join(arguments[:2]))


if __name__ == "__main__":
    main()
