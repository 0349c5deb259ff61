"""The whole stack: start it, wait until it is healthy, keep it alive, stop it."""

import fcntl
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from throughline.keys import private_folder
from throughline.local import airflow, desk, postgres, processes, rest
from throughline.local.processes import StackError
from throughline.settings import Settings

_POOL = ("warehouse", 1, "tasks that open the work file")

Say = Callable[[str], None]


def start_servers(settings: Settings, say: Say) -> None:
    """Start PostgreSQL and the demo's chat desk unless they run.

    What an earlier, killed run left behind is stopped before.
    """
    if postgres.is_running(settings):
        return
    for name in processes.stop_all(settings):
        say(f"stopped {name}, left over from an earlier run")
    postgres.start(settings)
    desk.start(settings)


def start_airflow(settings: Settings, *, schedule: bool) -> None:
    """Bring the metadata database up to date and start Airflow; it is not healthy yet."""
    airflow.migrate(settings)
    airflow.start(settings, schedule=schedule)


def wait_until_ready(settings: Settings, dag_ids: set[str]) -> None:
    """Wait until Airflow is healthy, its pool exists and these DAGs are parsed.

    Raises:
        StackError: a process died, a DAG file does not parse, or time ran out.
    """
    rest.wait_until_healthy(settings)
    with rest.connect(settings) as api:
        api.ensure_pool(*_POOL)
        processes.wait_while(lambda: not (dag_ids <= api.dag_ids() or api.import_errors()), 60)
        for file, trace in api.import_errors().items():
            raise StackError(f"{file} does not parse:\n{trace[-1500:]}")
        missing = dag_ids - api.dag_ids()
        if missing:
            raise StackError(f"Airflow does not know the DAGs {', '.join(sorted(missing))}")


def revive(settings: Settings, *, schedule: bool, say: Say) -> None:
    """Start every component again that has died."""
    for process in processes.remembered(settings):
        if process.alive or process.name == "keeper":
            continue
        say(f"{process.name} died; starting it again (log: {process.log})")
        processes.stop(settings, process)
        if process.name == "postgres":
            postgres.start(settings)
        elif process.name == "desk":
            desk.start(settings)
        else:
            variables = airflow.environment(settings, schedule=schedule)
            airflow.start_component(settings, process.name, variables)


@contextmanager
def one_at_a_time(settings: Settings) -> Iterator[None]:
    """Refuse a second command that starts or stops this home's stack.

    Raises:
        StackError: another one holds the lock.
    """
    path = private_folder(settings.home / "run") / "lock"
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackError(
                f"another throughline run, up or down is at work in {settings.home}"
            ) from error
        yield


@contextmanager
def stopped_at_the_end(settings: Settings) -> Iterator[None]:
    """Stop everything when the block ends, also by an error, Ctrl-C or SIGTERM."""
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        processes.stop_all(settings)
        signal.signal(signal.SIGTERM, previous)


def expected_dags(settings: Settings) -> set[str]:
    """Ids of the DAGs that this configuration makes."""
    from throughline.source_folders import load_sources

    domains = {source.domain for source in load_sources(settings).values()}
    return {"lifecycle", *(f"extract_{domain}" for domain in domains)}


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
