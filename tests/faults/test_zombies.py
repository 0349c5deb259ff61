"""A run that woke up too late cannot publish over a newer one."""

import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from release_case import make_candidate
from throughline import fence
from throughline.errors import FenceError
from throughline.publish import publish
from throughline.settings import Settings, process_environment

DAY = date(2026, 3, 2)
ZOMBIE = """
import sys
from pathlib import Path
from release_case import make_candidate
from datetime import date
from throughline import fence
from throughline.publish import publish
from throughline.settings import Settings
home, as_of = Path(sys.argv[1]), date.fromisoformat(sys.argv[2])
settings = Settings(config_file=home / "c.yml", home=home)
run = make_candidate(settings, "zombie", as_of)
with fence.taken(settings, run.run_id, as_of) as held:
    publish(settings, run, held)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(config_file=tmp_path / "c.yml", home=tmp_path / "home")


def test_a_run_with_an_older_token_cannot_publish_over_a_newer_one(settings):
    older = make_candidate(settings, "older", DAY)
    newer = make_candidate(settings, "newer", DAY)
    zombie = fence.take(settings, "older", DAY)
    with fence.taken(settings, "newer", DAY) as held:
        publish(settings, newer, held)
    with pytest.raises(FenceError, match="older holds token 1, but run newer"):
        publish(settings, older, zombie)
    assert settings.current.readlink() == Path("releases/newer.duckdb")
    assert not (settings.release_folder / "older.duckdb").exists()


@pytest.mark.parametrize("point", ["fence.taken", "publish.sealed"])
def test_a_stopped_publisher_is_ended_by_its_retry_and_never_publishes(settings, point):
    zombie = subprocess.Popen(
        [sys.executable, "-c", ZOMBIE, str(settings.home), DAY.isoformat()],
        env=process_environment(
            THROUGHLINE_FAULT=f"{point}:stop", PYTHONPATH=str(Path(__file__).parents[1])
        ),
    )
    try:
        _until_stopped(zombie.pid)
        retry = make_candidate(settings, "retry", DAY)
        with fence.taken(settings, "retry", DAY) as held:
            publish(settings, retry, held)
        assert zombie.wait(timeout=20) == -signal.SIGKILL
    finally:
        zombie.kill()
        zombie.wait()
    assert settings.current.readlink() == Path("releases/retry.duckdb")
    assert not (settings.release_folder / "zombie.duckdb").exists()


def _until_stopped(pid: int) -> None:
    deadline = time.monotonic() + 60
    while ") T " not in Path(f"/proc/{pid}/stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
