"""The machine: Python, disk, processes, ports, PostgreSQL."""

import os
from typing import Literal

from throughline import disk
from throughline.doctor.finding import Finding
from throughline.settings import Settings

PYTHONS = ((3, 11), (3, 14))


def python_version(version: tuple[int, int]) -> list[Finding]:
    """Whether this Python is one the lock file was made for."""
    low, high = PYTHONS
    if low <= version < high:
        return []
    problem = f"Python {version[0]}.{version[1]} runs; the lock file is for 3.11, 3.12 and 3.13"
    return [Finding("python", "error", problem, "make clean; rm -r .venv; make PYTHON=python3.12")]


def home(settings: Settings) -> list[Finding]:
    """Whether the home folder can be written."""
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        problem = f"{folder} cannot be written"
        mend = "give it to the user who runs Throughline, or set `home` or THROUGHLINE_HOME"
        return [Finding("home", "error", problem, mend)]
    return []


def room(settings: Settings) -> list[Finding]:
    """Whether the disk, and the budget of the home, have room for the next night."""
    found = disk.judge(settings, disk.measure(settings))
    levels: dict[str, Literal["error", "warning"]] = {"critical": "error", "warning": "warning"}
    return [Finding("disk", levels[one.severity], one.problem, disk.MEND) for one in found]


def database(settings: Settings) -> list[Finding]:
    """Whether the PostgreSQL of incidents answers, where one is known."""
    from throughline.alerts import state

    if settings.state_url is None or _embedded_is_down(settings):
        return []
    try:
        state.opened(settings.state_url).close()
    except state.unreachable() as error:
        problem = state.silence(error)
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


def _embedded_is_down(settings: Settings) -> bool:
    from throughline.local import postgres

    written = settings.home / "run" / "state_url"
    if not written.exists() or written.read_text(encoding="utf-8").strip() != settings.state_url:
        return False
    return not postgres.is_running(settings)
