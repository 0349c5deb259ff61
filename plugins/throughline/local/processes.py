"""Start processes in groups of their own, remember them on disk, stop them with all their children.

`<home>/run/processes.json` holds name, pid and start time of each. A pid alone can belong to
somebody else by now; pid and start time together cannot.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from throughline.errors import ThroughlineError
from throughline.keys import private_folder, write_private
from throughline.settings import Settings

_CLOCK_TOLERANCE_SECONDS = 1.0


class StackError(ThroughlineError):
    """A process of the local stack did not start, died or cannot be reached."""


class Unanswered(StackError):
    """Airflow's API does not answer, or says that it cannot: as while its database restarts."""


@dataclass(frozen=True)
class Process:
    """A process that leads its own session; `started` is its start time in epoch seconds."""

    name: str
    pid: int
    started: float
    log: str

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.started) < _CLOCK_TOLERANCE_SECONDS
            return same and found.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def start(
    settings: Settings,
    name: str,
    command: list[str],
    environment: dict[str, str],
    options: dict[str, Any] | None = None,
) -> Process:
    """Start a command as leader of a new session; its output goes to `<home>/logs/<name>.log`."""
    log = settings.home / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            **(options or {}),
        )
    process = Process(name, child.pid, psutil.Process(child.pid).create_time(), str(log))
    remember(settings, process)
    return process


def remember(settings: Settings, process: Process) -> None:
    """Write a process down; one of the same name is replaced."""
    others = [known for known in remembered(settings) if known.name != process.name]
    _write(settings, [*others, process])


def remembered(settings: Settings) -> list[Process]:
    """Processes written down by this or an earlier run, in the order they started.

    Raises:
        StackError: the file is damaged.
    """
    path = _path(settings)
    if not path.exists():
        return []
    try:
        return [Process(**item) for item in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise StackError(
            f"{path} is damaged ({error}); end what `ps` shows of {settings.home}, then remove it"
        ) from error


def stop(settings: Settings, *stopping: Process, seconds: float = 10.0) -> None:
    """Stop processes and everything in their sessions: ask all, wait, then kill what is left."""
    for process in stopping:
        if process.alive:
            # PostgreSQL's word for "now, but in order" is SIGINT.
            os.kill(process.pid, signal.SIGINT if process.name == "postgres" else signal.SIGTERM)
    wait_while(lambda: any(process.alive for process in stopping), seconds)
    for sign, patience in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0)):
        left = _members(stopping)
        for member in left:
            _send(member, sign)
        if left:
            wait_while(lambda: bool(_members(stopping)), patience)
    _write(settings, [known for known in remembered(settings) if known not in stopping])


def stop_all(settings: Settings) -> list[str]:
    """Stop all that is written down, PostgreSQL last; returns the names of those that still ran."""
    known = remembered(settings)
    running = [process.name for process in known if process.alive or _members([process])]
    # The keeper first, for it revives what dies; the database last, for all others write to it.
    first = [process for process in known if process.name == "keeper"]
    last = [process for process in known if process.name == "postgres"]
    others = [process for process in known if process not in (*first, *last)]
    for group in (first, others, last):
        stop(settings, *group)
    return running


def wait_while(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until the condition is over, at most so long."""
    end = time.monotonic() + seconds
    while condition() and time.monotonic() < end:
        time.sleep(0.05)


def log_tail(process: Process, lines: int = 15) -> str:
    """Return the last lines that a process wrote."""
    return "\n".join(Path(process.log).read_text(errors="replace").splitlines()[-lines:])


def _members(leaders: Sequence[Process]) -> list[psutil.Process]:
    # A pid stays taken while a session bears it: a stranger with this pid means ours is empty.
    ours = [leader for leader in leaders if leader.alive or not _lives(leader.pid)]
    begun = {leader.pid: leader.started - _CLOCK_TOLERANCE_SECONDS for leader in ours}
    found = []
    for candidate in psutil.process_iter():
        try:
            leader = os.getsid(candidate.pid)
            if leader not in begun or candidate.create_time() < begun[leader]:
                continue
            if candidate.status() != psutil.STATUS_ZOMBIE:
                found.append(candidate)
        except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            continue
    return found


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _send(member: psutil.Process, sign: int) -> None:
    try:
        member.send_signal(sign)
    except psutil.NoSuchProcess:
        return


def _path(settings: Settings) -> Path:
    return settings.home / "run" / "processes.json"


def _write(settings: Settings, processes: list[Process]) -> None:
    private_folder(_path(settings).parent)
    write_private(_path(settings), json.dumps([asdict(process) for process in processes], indent=1))
