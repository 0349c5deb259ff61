import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from throughline import fence
from throughline.errors import FenceError
from throughline.settings import Settings, process_environment

DAY, NEXT = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    warehouse = {"lock_wait_seconds": 1}
    return Settings(config_file=tmp_path / "c.yml", home=tmp_path / "home", warehouse=warehouse)


def test_a_damaged_token_is_an_error_that_says_what_to_do(settings: Settings) -> None:
    fence.take(settings, "one", DAY).release()
    (settings.work / "fence.json").write_text("")
    with pytest.raises(FenceError, match=r"fence\.json is damaged .* remove it"):
        fence.take(settings, "two", DAY)
    (settings.work / "fence.json").unlink()
    fence.take(settings, "two", DAY)


@pytest.fixture
def start_holder(settings: Settings):
    """Start a process that takes the fence and then sleeps, or stops itself."""
    started: list[subprocess.Popen[bytes]] = []

    def start(as_of: date, fault: str = "") -> subprocess.Popen[bytes]:
        code = (
            "import sys, time; from datetime import date; from pathlib import Path\n"
            "from throughline import fence; from throughline.settings import Settings\n"
            "home = Path(sys.argv[1])\n"
            "settings = Settings(config_file=home / 'c.yml', home=home)\n"
            "fence.take(settings, 'holder', date.fromisoformat(sys.argv[2]))\n"
            "time.sleep(60)\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(settings.home), as_of.isoformat()],
            env=process_environment(THROUGHLINE_FAULT=fault),
        )
        started.append(process)
        _until(lambda: _state(settings).get("pid") == process.pid)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def _state(settings: Settings) -> dict:
    path = settings.work / "fence.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_each_taker_gets_a_greater_token_and_the_older_one_may_no_longer_write(settings):
    older = fence.take(settings, "run-1", DAY)
    older.check()
    newer = fence.take(settings, "run-2", DAY)
    assert newer.token == older.token + 1
    newer.check()
    with pytest.raises(FenceError, match=r"run-1 holds token 1, but run run-2 .*took token 2"):
        older.check()
    with pytest.raises(FenceError), older.held():
        pytest.fail("an old token must not get into the critical section")


def test_an_older_holder_cannot_release_the_fence_of_a_newer_one(settings):
    older = fence.take(settings, "run-1", DAY)
    fence.take(settings, "run-2", DAY)
    older.release()
    assert _state(settings)["released"] is False


def test_an_orphan_of_the_same_night_is_killed(settings, start_holder):
    orphan = start_holder(DAY)
    fence.take(settings, "retry", DAY).check()
    assert orphan.wait(timeout=10) == -signal.SIGKILL


def test_a_stopped_orphan_of_the_same_night_is_killed_too(settings, start_holder):
    orphan = start_holder(DAY)
    orphan.send_signal(signal.SIGSTOP)
    fence.take(settings, "retry", DAY).check()
    assert orphan.wait(timeout=10) == -signal.SIGKILL


def test_a_run_of_another_night_is_waited_for_and_named(settings, start_holder):
    holder = start_holder(DAY)
    with pytest.raises(FenceError, match=rf"run holder \(pid {holder.pid} on .*more than 1 s"):
        fence.take(settings, "other", NEXT)
    assert holder.poll() is None


def test_a_dead_holder_is_not_waited_for(settings, start_holder):
    holder = start_holder(DAY)
    holder.kill()
    holder.wait()
    fence.take(settings, "other", NEXT).check()


def test_another_process_with_the_pid_of_a_dead_holder_is_left_alone(settings, start_holder):
    innocent = start_holder(DAY)
    state = _state(settings)
    path = settings.work / "fence.json"
    path.write_text(json.dumps({**state, "started": state["started"] - 1}))
    fence.take(settings, "retry", DAY).check()
    assert innocent.poll() is None


def test_the_fence_is_free_after_a_block_also_when_it_failed(settings):
    with pytest.raises(ZeroDivisionError), fence.taken(settings, "run-1", DAY):
        _ = 1 / 0
    assert _state(settings)["released"] is True
    assert _state(settings)["pid"] == os.getpid()
