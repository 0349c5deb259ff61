"""`throughline up` and `down`: a stack that stays, with its UI, and runs the nights on schedule."""

import shutil
import sys
from pathlib import Path

from throughline.local import airflow, demo_files, demo_run, processes, stack
from throughline.local.processes import StackError
from throughline.local.progress import Progress
from throughline.nights import yesterday
from throughline.settings import Settings

_OURS = frozenset(
    "airflow alerts cache candidates current.duckdb demo demo_dates.json input landing logs"
    " outcomes postgres postgres.new postgres.password releases run secrets work".split()
)


def up(settings: Settings, progress: Progress) -> str:
    """Start the stack and leave it running; returns the URL of Airflow's UI."""
    with stack.one_at_a_time(settings):
        if not airflow.is_running(settings):
            try:
                _start(settings, progress)
            except BaseException:
                processes.stop_all(settings)
                raise
    return f"http://127.0.0.1:{airflow.api_port(settings)}"


def down(settings: Settings) -> list[str]:
    """Stop the stack; returns the names of the processes that ran."""
    with stack.one_at_a_time(settings):
        return processes.stop_all(settings)


def clean(settings: Settings) -> Path | None:
    """Stop the stack and remove the home folder; returns it, None when there is none.

    Raises:
        StackError: the folder does not look like a home, so it is left alone.
    """
    home = settings.home
    if not home.exists():
        return None
    down(settings)
    foreign = {path.name for path in home.iterdir()} - _OURS
    if foreign:
        raise StackError(
            f"{home} holds {', '.join(sorted(foreign))}, which is not ours; remove it by hand"
        )
    shutil.rmtree(home)
    return home


def _start(settings: Settings, progress: Progress) -> None:
    until = settings.demo.end or yesterday(settings)
    with demo_files.generating(settings, until) as generated:
        stack.start_servers(settings, progress.say)
        progress.say("PostgreSQL is up; starting Airflow and generating the demo company")
        airflow.migrate(settings)
        generated()
    demo_run.load_crm(settings, until)
    airflow.start(settings, schedule=True)
    stack.wait_until_ready(settings, stack.expected_dags(settings))
    command = [sys.executable, "-m", "throughline.local.keeper"]
    processes.start(settings, "keeper", command, airflow.environment(settings, schedule=True))
    progress.say("Airflow is healthy; nights run on schedule")
