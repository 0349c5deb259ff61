"""What was configured: keys, source folders, schedule, alerts; and the release that is served."""

import stat

from throughline.doctor.finding import Finding
from throughline.errors import ConfigError, ThroughlineError
from throughline.local.airflow import EMBEDDED_CONNECTIONS
from throughline.settings import Settings

MIN_KEY_LENGTH = 32


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
        stream.connection: (source.name, stream.way)
        for source in known
        for stream in source.streams.values()
        if stream.way != "files"
    }
    return [
        found
        for name, (source, way) in wanted.items()
        for found in _connection(settings, name, source, way)
    ]


def schedule(settings: Settings) -> list[Finding]:
    """Whether the nights have a schedule that can be followed."""
    from throughline.nights import interval, yesterday

    try:
        interval(settings, yesterday(settings))
    except ConfigError as error:
        return [Finding("schedule", "error", str(error), "set night.schedule in throughline.yml")]
    return []


def variables(settings: Settings) -> list[Finding]:
    """Whether the dbt project has the vars that are set."""
    from throughline.warehouse.dbt import dbt_vars

    try:
        dbt_vars(settings)
    except ConfigError as error:
        return [Finding("vars", "error", str(error), "correct vars in throughline.yml")]
    return []


def alerts(settings: Settings) -> list[Finding]:
    """Whether alerts have a way out and every owner an address."""
    found = []
    given = settings.alerts
    if not given.names:
        problem = "no channel at all: incidents are recorded and nobody is told"
        mend = "set alerts.webhook, alerts.email or alerts.channels in throughline.yml"
        found.append(Finding("alerts", "warning", problem, mend))
    for variable in given.variables:
        try:
            settings.secret(variable)
        except ConfigError as error:
            mend = f"export {variable}=… where the stack is started"
            found.append(Finding("alerts", "error", str(error), mend))
    return found + (_addresses(settings) if given.email else [])


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


def _short(key: str, where: str) -> list[Finding]:
    if len(key) >= MIN_KEY_LENGTH:
        return []
    problem = f"{where} has {len(key)} characters; a key that can be guessed hides nobody"
    mend = f"use at least {MIN_KEY_LENGTH} random characters: openssl rand -base64 32"
    return [Finding("pii key", "error", problem, mend)]


def _connection(settings: Settings, name: str, source: str, way: str) -> list[Finding]:
    if name in EMBEDDED_CONNECTIONS:
        return []
    try:
        settings.connection(name)
    except ConfigError as error:
        url = {"rest": "https://user:password@host"}.get(way, "postgresql://user:password@host/db")
        mend = f"export AIRFLOW_CONN_{name.upper()}={url}"
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
