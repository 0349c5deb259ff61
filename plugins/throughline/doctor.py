"""What is missing or misconfigured, in plain words, each with how to mend it.

One function per subject; each returns findings and never raises. `error` means that nights cannot
run or alerts cannot arrive, `warning` that something is worth a look.
"""

import os
import shutil
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from throughline.errors import ConfigError, ThroughlineError
from throughline.settings import Settings, load_settings

PYTHONS = ((3, 11), (3, 14))
MIN_FREE_BYTES = 2 * 2**30
MIN_KEY_LENGTH = 32


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, where, and how to mend it."""

    subject: str
    level: Literal["error", "warning"]
    problem: str
    mend: str


def examine() -> list[Finding]:
    """Look at everything; an unreadable configuration ends the examination there."""
    found = python_version(sys.version_info[:2])
    try:
        settings = load_settings()
    except ConfigError as error:
        mend = "correct the key that is named, or remove it: every key has a default"
        return [*found, Finding("configuration", "error", str(error), mend)]
    for subject in SUBJECTS:
        found += subject(settings)
    return found


def python_version(version: tuple[int, int]) -> list[Finding]:
    """Whether this Python is one the lock file was made for."""
    low, high = PYTHONS
    if low <= version < high:
        return []
    problem = f"Python {version[0]}.{version[1]} runs; the lock file is for 3.11, 3.12 and 3.13"
    return [Finding("python", "error", problem, "make clean; rm -r .venv; make PYTHON=python3.12")]


def home(settings: Settings) -> list[Finding]:
    """Whether the home folder can be written and its disk has room."""
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        problem = f"{folder} cannot be written"
        mend = "give it to the user who runs Throughline, or set `home` or THROUGHLINE_HOME"
        return [Finding("home", "error", problem, mend)]
    free = shutil.disk_usage(folder).free
    return free_space(settings, free)


def free_space(settings: Settings, free: int) -> list[Finding]:
    """Whether `free` bytes are enough for a night."""
    if free >= MIN_FREE_BYTES:
        return []
    problem = f"{free / 2**30:.1f} GiB are free for {settings.home}; a night wants 2 GiB"
    mend = "free space, lower releases.keep, or move `home` to another disk"
    return [Finding("disk", "error", problem, mend)]


def pii_key(settings: Settings) -> list[Finding]:
    """Whether the key of the personal-data hashes is there, long enough and private."""
    if settings.pii_key is not None:
        return _short(settings.pii_key, "THROUGHLINE_PII_KEY")
    path = settings.home / "secrets" / "pii.key"
    if not path.exists():
        if not any(settings.input.glob("*/*")):
            return []
        problem = f"{path} is missing, but there are batches hashed with it"
        mend = "put the key back from your backup; a new key makes every person a stranger"
        return [Finding("pii key", "error", problem, mend)]
    found = _short(path.read_text(encoding="utf-8").strip(), str(path))
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        problem = f"{path} can be read by other users"
        found.append(Finding("pii key", "error", problem, f"chmod 600 {path}"))
    return found


def sources(settings: Settings) -> list[Finding]:
    """Whether source folders are valid and their connections are known."""
    from throughline.source_folders import load_sources

    try:
        known = load_sources(settings).values()
    except ThroughlineError as error:
        mend = "correct the source folder; README, adding a source, shows one"
        return [Finding("sources", "error", str(error), mend)]
    wanted = {
        stream.connection: source.name
        for source in known
        for stream in source.streams.values()
        if stream.way == "database"
    }
    return [
        found for name, source in wanted.items() for found in _connection(settings, name, source)
    ]


def alerts(settings: Settings) -> list[Finding]:
    """Whether alerts have a way out and every owner an address."""
    found = []
    given = settings.alerts
    if given.webhook is None and given.email is None:
        problem = "no webhook and no e-mail: incidents are recorded and nobody is told"
        mend = "set alerts.webhook or alerts.email in throughline.yml"
        found.append(Finding("alerts", "warning", problem, mend))
    needed = [
        *([given.webhook.url_env, given.webhook.secret_env] if given.webhook else []),
        *([given.email.credentials_env] if given.email else []),
    ]
    for variable in filter(None, needed):
        try:
            settings.secret(variable)
        except ConfigError as error:
            mend = f"export {variable}=… where the stack is started"
            found.append(Finding("alerts", "error", str(error), mend))
    return found + (_addresses(settings) if given.email else [])


def database(settings: Settings) -> list[Finding]:
    """Whether the PostgreSQL of incidents answers, where one is known."""
    import psycopg

    if settings.state_url is None or _embedded_is_down(settings):
        return []
    try:
        psycopg.connect(settings.state_url, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        problem = f"PostgreSQL of incidents does not answer: {str(error).splitlines()[0]}"
        mend = "throughline down; throughline up; or correct THROUGHLINE_STATE_URL"
        return [Finding("database", "error", problem, mend)]
    return []


def processes(settings: Settings) -> list[Finding]:
    """Whether what is written down as running does run."""
    from throughline.local import processes as known

    dead = [process for process in known.remembered(settings) if not process.alive]
    return [
        Finding(
            "stack",
            "warning",
            f"{process.name} (pid {process.pid}) is written down as running and is gone",
            f"throughline down clears it; its log is {process.log}",
        )
        for process in dead
    ]


def ports(settings: Settings) -> list[Finding]:
    """Whether other software took the ports of this home while its stack was down."""
    from throughline.local import processes as known
    from throughline.local.ports import is_free

    running = {process.name for process in known.remembered(settings) if process.alive}
    found = []
    for file, process in (("api_port", "api-server"), ("postgres_port", "postgres")):
        path = settings.home / "run" / file
        if process in running or not path.exists():
            continue
        port = int(path.read_text(encoding="utf-8"))
        if not is_free(port):
            problem = f"port {port} of {process} is used by other software"
            mend = "nothing to do: the next start takes another port"
            found.append(Finding("ports", "warning", problem, mend))
    return found


def release(settings: Settings) -> list[Finding]:
    """Whether a release is served and its file is whole."""
    from throughline.publish.swap import is_intact

    current = settings.current
    if not current.is_symlink():
        mend = "throughline run, or wait for tonight"
        return [Finding("release", "warning", "nothing is published yet", mend)]
    target = current.resolve()
    if is_intact(target, target.stem):
        return []
    problem = f"{current} points to {target.name}, which is missing or damaged"
    mend = "throughline release list; throughline release rollback <release>"
    return [Finding("release", "error", problem, mend)]


def schedule(settings: Settings) -> list[Finding]:
    """Whether the nights have a schedule that can be followed."""
    from throughline.nights import interval, yesterday

    try:
        interval(settings, yesterday(settings))
    except ConfigError as error:
        return [Finding("schedule", "error", str(error), "set night.schedule in throughline.yml")]
    return []


SUBJECTS: tuple[Callable[[Settings], list[Finding]], ...] = (
    home,
    pii_key,
    sources,
    schedule,
    alerts,
    database,
    processes,
    ports,
    release,
)


def _short(key: str, where: str) -> list[Finding]:
    if len(key) >= MIN_KEY_LENGTH:
        return []
    problem = f"{where} has {len(key)} characters; a key that can be guessed hides nobody"
    mend = f"use at least {MIN_KEY_LENGTH} random characters: openssl rand -base64 32"
    return [Finding("pii key", "error", problem, mend)]


def _connection(settings: Settings, name: str, source: str) -> list[Finding]:
    try:
        settings.connection(name)
    except ConfigError as error:
        mend = f"export AIRFLOW_CONN_{name.upper()}=postgresql://user:password@host/database"
        return [Finding("sources", "error", f"source {source}: {error}", mend)]
    return []


def _addresses(settings: Settings) -> list[Finding]:
    from throughline.source_folders import load_sources

    try:
        owners = {source.owner for source in load_sources(settings).values()}
    except ThroughlineError:
        return []
    return [
        Finding(
            "alerts",
            "warning",
            f"owner {owner} has no address; mail goes to {settings.alerts.default_address}",
            f"add `{owner}: name@example.org` under alerts.owners",
        )
        for owner in sorted(owners - set(settings.alerts.owners))
    ]


def _embedded_is_down(settings: Settings) -> bool:
    from throughline.local import postgres

    written = settings.home / "run" / "state_url"
    if not written.exists() or Path(written).read_text().strip() != settings.state_url:
        return False
    return not postgres.is_running(settings)
