"""One writer at a time: a growing token under a lock, which publishing compares again.

Airflow does not give mutual exclusion: when a supervisor dies, its task lives on and the retry
runs beside it. Whoever takes the fence gets the next token; an orphan of the same run is killed,
and whoever holds an older token can neither go on nor publish.
"""

import fcntl
import json
import logging
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from throughline import fault
from throughline.errors import FenceError
from throughline.settings import Settings

log = logging.getLogger(__name__)

KILL_WAIT_SECONDS = 30
POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Fence:
    """A taken fence; the newest token is the only one that may write and publish."""

    folder: Path
    token: int
    run_key: str
    as_of: date

    def check(self) -> None:
        """Do nothing while this is the newest token.

        Raises:
            FenceError: a newer run took over.
        """
        with _locked(self.folder):
            self._compare()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Compare the token and keep everybody else from taking one meanwhile.

        Raises:
            FenceError: a newer run took over.
        """
        with _locked(self.folder):
            self._compare()
            yield

    def release(self) -> None:
        """Say that the holder is done; nothing happens when a newer run took over."""
        with _locked(self.folder):
            state = _read(self.folder)
            if state.get("token") == self.token:
                _write(self.folder, {**state, "released": True})

    def _compare(self) -> None:
        state = _read(self.folder)
        if state.get("token") != self.token:
            raise FenceError(
                f"run {self.run_key} holds token {self.token}, but run {state.get('run_key')}"
                f" (pid {state.get('pid')}) took token {state.get('token')} after it:"
                " nothing is written or published by the older one"
            )


def take(settings: Settings, run_key: str, as_of: date) -> Fence:
    """Take the next token; kill an orphan of the same as_of, wait for a run of another one.

    Raises:
        FenceError: another run is still at work after `warehouse.lock_wait_seconds`.
    """
    folder = settings.work
    folder.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + settings.warehouse.lock_wait_seconds
    while True:
        with _locked(folder):
            holder = _read(folder)
            if not _lives(holder):
                return _advance(folder, holder, run_key, as_of)
            if holder["as_of"] == as_of.isoformat() and _is_local(holder):
                _end(holder)
                return _advance(folder, holder, run_key, as_of)
        if time.monotonic() > deadline:
            raise FenceError(
                f"run {holder['run_key']} (pid {holder['pid']} on {holder['host']}) has been at"
                f" work for more than {settings.warehouse.lock_wait_seconds} s;"
                " wait for it, or end that process and start again"
            )
        time.sleep(POLL_SECONDS)


@contextmanager
def taken(settings: Settings, run_key: str, as_of: date) -> Iterator[Fence]:
    """Take the fence for a block and release it after, however the block ends."""
    fence = take(settings, run_key, as_of)
    fault.point("fence.taken")
    try:
        yield fence
    finally:
        fence.release()


def _advance(folder: Path, holder: dict[str, Any], run_key: str, as_of: date) -> Fence:
    token = int(holder.get("token", 0)) + 1
    _write(
        folder,
        {
            "token": token,
            "run_key": run_key,
            "as_of": as_of.isoformat(),
            "pid": os.getpid(),
            "started": process_started(os.getpid()),
            "host": socket.gethostname(),
            "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "released": False,
        },
    )
    return Fence(folder, token, run_key, as_of)


def process_started(pid: int) -> int | None:
    """Start time of a process in clock ticks since boot; None when it is gone or a zombie.

    Pids are used again; pid and start time together are one process.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def _is_local(holder: dict[str, Any]) -> bool:
    return holder["host"] == socket.gethostname()


def _lives(holder: dict[str, Any]) -> bool:
    """Whether a holder is at work; one on another host (a replaced container) cannot be."""
    if not holder or holder["released"] or holder["pid"] == os.getpid():
        return False
    return _is_local(holder) and process_started(holder["pid"]) == holder["started"]


def _end(holder: dict[str, Any]) -> None:
    pid = holder["pid"]
    log.warning("killing pid %s, an orphan of run %s", pid, holder["run_key"])
    deadline = time.monotonic() + KILL_WAIT_SECONDS
    while process_started(pid) == holder["started"]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise FenceError(
                f"pid {pid}, an orphan of run {holder['run_key']}, does not end; end it by hand"
            )
        time.sleep(POLL_SECONDS / 4)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "fence.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(folder: Path) -> dict[str, Any]:
    path = folder / "fence.json"
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise FenceError(
            f"{path} is damaged ({error}): nobody knows who is at work; see that no night is, and"
            " remove it"
        ) from error


def _write(folder: Path, state: dict[str, Any]) -> None:
    path = folder / "fence.json.tmp"
    with path.open("w", encoding="utf-8") as file:
        json.dump(state, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    path.replace(folder / "fence.json")
