"""The only reader of the environment and of `throughline.yml`."""

import os
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import Field, ValidationError

from throughline.errors import ConfigError
from throughline.settings_alerts import Alerts, Section
from throughline.settings_sections import (
    Demo,
    Disk,
    Night,
    Releases,
    TimeZone,
    Upkeep,
    UserPath,
    Warehouse,
)
from throughline.yaml_text import read_yaml

PACKAGE = Path(__file__).parent
DOMAINS = ("marketing", "crm", "calls", "product")


class Settings(Section):
    """The validated configuration; paths are absolute."""

    config_file: Path
    home: UserPath = Path(".throughline")
    business_tz: TimeZone = "Asia/Shanghai"
    reporting_currency: str = Field(default="CNY", pattern=r"^[A-Z]{3}$")
    sources_path: tuple[UserPath, ...] = (PACKAGE / "sources",)
    vars: dict[str, int | float | str] = Field(default_factory=dict)
    night: Night = Night()
    warehouse: Warehouse = Warehouse()
    releases: Releases = Releases()
    disk: Disk = Disk()
    upkeep: Upkeep = Upkeep()
    alerts: Alerts = Alerts()
    demo: Demo = Demo()

    @property
    def zone(self) -> ZoneInfo:
        """The business time zone."""
        return ZoneInfo(self.business_tz)

    @property
    def landing(self) -> Path:
        """Verbatim batches; holds personal data, mode 0700."""
        return self.home / "landing"

    @property
    def input(self) -> Path:
        """Conformed batches: accepted and rejected rows, verdicts."""
        return self.home / "input"

    @property
    def outcomes(self) -> Path:
        """What each domain's extract ended with, per as_of."""
        return self.home / "outcomes"

    @property
    def work(self) -> Path:
        """The work database, its lock and token, scratch files of back-dated runs."""
        return self.home / "work"

    @property
    def work_file(self) -> Path:
        """The DuckDB file that dbt writes; nobody else opens it."""
        return self.work / "work.duckdb"

    @property
    def candidates(self) -> Path:
        """Candidates that failed a gate, kept for inspection."""
        return self.home / "candidates"

    @property
    def release_folder(self) -> Path:
        """Published releases."""
        return self.home / "releases"

    @property
    def current(self) -> Path:
        """Symlink to the release that is served."""
        return self.home / "current.duckdb"

    @property
    def demo_folder(self) -> Path:
        """Files of the demo company."""
        return self.home / "demo"

    @property
    def state_url(self) -> str | None:
        """PostgreSQL URL of incidents and outbox; None where no server is known."""
        known = os.environ.get("THROUGHLINE_STATE_URL")
        if known:
            return known
        written = self.home / "run" / "state_url"
        return written.read_text(encoding="utf-8").strip() if written.exists() else None

    @property
    def airflow_url(self) -> str | None:
        """Address of an Airflow in another container or on another host; None if there is none."""
        given = os.environ.get("THROUGHLINE_AIRFLOW_URL") or self.alerts.airflow_url
        return given.rstrip("/") if given else None

    @property
    def pii_key(self) -> str | None:
        """Key of the personal-data hashes where the environment sets it; a secret."""
        return os.environ.get("THROUGHLINE_PII_KEY") or None

    def secret(self, name: str) -> str:
        """Read a secret from the environment.

        Raises:
            ConfigError: it is not set.
        """
        value = os.environ.get(name)
        if not value:
            raise ConfigError(f"environment variable {name} is not set")
        return value

    def connection(self, connection_id: str) -> str:
        """URL of an Airflow connection, handed over as `AIRFLOW_CONN_<ID>`.

        Raises:
            ConfigError: the connection is not in the environment.
        """
        return self.secret(f"AIRFLOW_CONN_{connection_id.upper()}")


def fault_order() -> str | None:
    """What a kill point must do (`throughline.fault`); None outside tests."""
    return os.environ.get("THROUGHLINE_FAULT")


def load_settings(config: Path | None = None) -> Settings:
    """Read `throughline.yml` (`THROUGHLINE_CONFIG`, or the nearest one from here upwards).

    `THROUGHLINE_HOME` overrides `home`. Relative paths are relative to the file's folder.

    Raises:
        ConfigError: there is no such file, it is no text, or a key of it is wrong: it is named.
    """
    path = (config or _find()).resolve()
    try:
        given = read_yaml(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist; set THROUGHLINE_CONFIG") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as UTF-8 text: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(given, dict):
        raise ConfigError(f"{path} must hold keys and values, not a {type(given).__name__}")
    home = os.environ.get("THROUGHLINE_HOME")
    chosen = {"config_file": path, **({"home": home} if home else {})}
    try:
        read = Settings.model_validate({**given, **chosen})
    except ValidationError as error:
        raise ConfigError(explain(path, error)) from error
    base = path.parent
    return read.model_copy(
        update={
            "home": (base / read.home).resolve(),
            "sources_path": tuple((base / folder).resolve() for folder in read.sources_path),
        }
    )


def process_environment(**extra: str) -> dict[str, str]:
    """Environment of a child process: ours, with these variables set."""
    return {**os.environ, **extra}


def _find() -> Path:
    named = os.environ.get("THROUGHLINE_CONFIG")
    if named:
        return Path(named)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "throughline.yml").is_file():
            return folder / "throughline.yml"
    raise ConfigError(
        f"no throughline.yml in {here} or above; run from the project or set THROUGHLINE_CONFIG"
    )


def explain(path: Path, error: ValidationError) -> str:
    """Say which keys of a configuration file are wrong, a line each."""

    def line(item: Any) -> str:
        key = ".".join(str(part) for part in item["loc"]) or "(top level)"
        return f"  {key}: {item['msg']}"

    return f"{path} is not valid:\n" + "\n".join(line(item) for item in error.errors())
