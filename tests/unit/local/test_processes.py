"""Processes: remembered on disk, stopped with their children, never mistaken for others'."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from throughline.local import processes, stack
from throughline.local.processes import StackError
from throughline.settings import load_settings, process_environment

SLEEPER = "import time; time.sleep(600)"
PARENT = f"""
import subprocess, sys, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture
def settings(tmp_path: Path):
    config = tmp_path / "throughline.yml"
    config.write_text("home: home\n")
    found = load_settings(config)
    yield found
    processes.stop_all(found)


def start(settings, code: str, name: str = "sleeper") -> processes.Process:
    return processes.start(settings, name, [sys.executable, "-c", code], process_environment())


def test_stopping_ends_children_too_even_when_the_parent_ignores_the_request(settings) -> None:
    parent = start(settings, PARENT, "parent")
    processes.wait_while(lambda: not Path(parent.log).read_text().strip(), 20)
    child = int(Path(parent.log).read_text())
    processes.stop(settings, parent, seconds=0.3)
    assert not parent.alive
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"
    assert processes.remembered(settings) == []


def test_a_pid_that_belongs_to_somebody_else_by_now_is_left_alone(settings) -> None:
    mine = start(settings, SLEEPER)
    stale = replace(mine, name="stale", started=mine.started - 3600)
    processes.remember(settings, stale)
    assert not stale.alive
    processes.stop(settings, stale)
    assert mine.alive


def test_what_a_killed_run_left_is_found_by_the_next_one(settings) -> None:
    left = start(settings, SLEEPER)
    known = json.loads((settings.home / "run" / "processes.json").read_text())
    assert known[0]["pid"] == left.pid
    assert processes.stop_all(settings) == ["sleeper"]
    assert not left.alive


def test_a_second_command_in_the_same_home_is_refused(settings) -> None:
    with stack.one_at_a_time(settings):
        with pytest.raises(StackError, match="at work"), stack.one_at_a_time(settings):
            pass
    with stack.one_at_a_time(settings):
        pass


def test_everything_is_stopped_when_the_block_fails(settings) -> None:
    with pytest.raises(RuntimeError), stack.stopped_at_the_end(settings):
        left = start(settings, SLEEPER)
        raise RuntimeError("the run broke")
    assert not left.alive
