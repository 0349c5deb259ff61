"""Airflow on this machine: its environment and its four processes.

All state is in the embedded PostgreSQL, all files below `<home>/airflow` and `<home>/logs`. The API
listens on the loopback interface only, which is why everybody who reaches it may be an admin.
"""

import subprocess
import sys
from pathlib import Path

from throughline import keys
from throughline.local import desk, ports, postgres, processes
from throughline.local.processes import Process, StackError
from throughline.settings import PACKAGE, Settings, process_environment

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
EMBEDDED_CONNECTIONS = ("demo_crm", "demo_desk")
"""Connections to what the stack starts itself: a database of PostgreSQL, the demo's chat desk."""

_MIGRATE_SECONDS = 300
_TASK_TOKEN_SECONDS = 6 * 3600


def environment(settings: Settings, *, schedule: bool = False) -> dict[str, str]:
    """Environment of every Airflow process; with `schedule` cron starts runs, not only triggers."""
    port = api_port(settings)
    home = settings.home
    options = {
        "CORE__DAGS_FOLDER": str(project_folder(settings, "dags")),
        "CORE__PLUGINS_FOLDER": str(project_folder(settings, "plugins")),
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "CORE__FERNET_KEY": keys.key(settings, "fernet_key"),
        "DATABASE__SQL_ALCHEMY_CONN": _driver(postgres.url(settings, "airflow")),
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__BASE_URL": f"http://127.0.0.1:{port}",
        "API__WORKERS": "1",
        "API__SECRET_KEY": keys.key(settings, "api_secret"),
        "API_AUTH__JWT_SECRET": keys.key(settings, "jwt_secret"),
        "EXECUTION_API__JWT_EXPIRATION_TIME": str(_TASK_TOKEN_SECONDS),
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "SCHEDULER__USE_JOB_SCHEDULE": str(schedule),
        "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",
        "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
        "DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
        "DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "LOGGING__BASE_LOG_FOLDER": str(home / "logs" / "airflow"),
        "LOGGING__LOGGING_LEVEL": "INFO",
    }
    return process_environment(
        AIRFLOW_HOME=str(home / "airflow"),
        **{f"AIRFLOW__{name}": value for name, value in options.items()},
        **package_environment(settings),
    )


def project_folder(settings: Settings, name: str) -> Path:
    """Folder of the project beside `throughline.yml`, else the one this package came with."""
    beside = settings.config_file.parent / name
    return beside if beside.is_dir() else PACKAGE.parents[1] / name


def package_environment(settings: Settings) -> dict[str, str]:
    """Variables the package's own code needs in a task, as in a command started by hand."""
    caches = settings.home / "cache"
    return {
        "THROUGHLINE_CONFIG": str(settings.config_file),
        "THROUGHLINE_HOME": str(settings.home),
        **connections(settings),
        "XDG_CACHE_HOME": str(caches),
        "XDG_CONFIG_HOME": str(caches / "config"),
        "XDG_DATA_HOME": str(caches / "data"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
        "GX_ANALYTICS_ENABLED": "False",
        "DO_NOT_TRACK": "1",
        "PYTHONUNBUFFERED": "1",
    }


def connections(settings: Settings) -> dict[str, str]:
    """Variables of the connections to what the stack starts itself."""
    urls = (postgres.url(settings, "demo_crm"), desk.url(settings))
    return {
        f"AIRFLOW_CONN_{name.upper()}": url
        for name, url in zip(EMBEDDED_CONNECTIONS, urls, strict=True)
    }


def api_port(settings: Settings) -> int:
    """Port of the API and the UI, chosen at first use and kept while it is free or ours."""
    path = settings.home / "run" / "api_port"
    if path.exists():
        port = int(path.read_text(encoding="utf-8"))
        if is_running(settings) or ports.is_free(port):
            return port
    port = ports.free_ports(1)[0]
    keys.private_folder(path.parent)
    keys.write_private(path, str(port))
    return port


def is_running(settings: Settings) -> bool:
    """Whether an API server written down in this home is alive."""
    known = processes.remembered(settings)
    return any(process.name == "api-server" and process.alive for process in known)


def migrate(settings: Settings) -> None:
    """Bring the metadata database to this Airflow's schema, once per Airflow version.

    Raises:
        StackError: `airflow db migrate` failed; the message ends with its output.
    """
    from importlib.metadata import version

    stamp = settings.home / "airflow" / "migrated"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == version("apache-airflow"):
        return
    stamp.parent.mkdir(parents=True, exist_ok=True)
    run_command(settings, "db", "migrate")
    stamp.write_text(version("apache-airflow"), encoding="utf-8")


def run_command(settings: Settings, *arguments: str) -> str:
    """Run one `airflow …` command to its end and return its output."""
    done = subprocess.run(
        [*_program(), *arguments],
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=_MIGRATE_SECONDS,
    )
    if done.returncode != 0:
        raise StackError(f"airflow {' '.join(arguments)} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def start(settings: Settings, *, schedule: bool) -> list[Process]:
    """Start the four components; they are not healthy yet when this returns."""
    (settings.home / "logs" / "airflow").mkdir(parents=True, exist_ok=True)
    variables = environment(settings, schedule=schedule)
    return [start_component(settings, name, variables) for name in COMPONENTS]


def start_component(settings: Settings, name: str, variables: dict[str, str]) -> Process:
    """Start one component by its Airflow name."""
    command = [*_program("throughline.local.preloaded" if name == "scheduler" else "airflow"), name]
    if name in ("scheduler", "triggerer"):
        # The API server reads the log files itself; a log server would need one more port each.
        command.append("--skip-serve-logs")
    return processes.start(settings, name, command, variables)


def _program(module: str = "airflow") -> list[str]:
    return [sys.executable, "-m", module]


def _driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg2://", 1)
