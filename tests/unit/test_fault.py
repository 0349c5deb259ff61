import signal
import subprocess
import sys
from pathlib import Path

from throughline import fault
from throughline.settings import process_environment


def _reach(order: str, *names: str) -> subprocess.CompletedProcess[bytes]:
    code = "import sys; from throughline import fault; [fault.point(n) for n in sys.argv[1:]]"
    return subprocess.run(
        [sys.executable, "-c", code, *names],
        env=process_environment(THROUGHLINE_FAULT=order),
        timeout=30,
        check=False,
    )


def test_a_point_does_nothing_without_an_order(monkeypatch):
    monkeypatch.delenv("THROUGHLINE_FAULT", raising=False)
    fault.point("any.point")


def test_points_are_recorded_in_the_order_reached(tmp_path: Path):
    file = tmp_path / "points"
    assert _reach(f"record:{file}", "a.one", "a.two", "a.one").returncode == 0
    assert file.read_text().split() == ["a.one", "a.two", "a.one"]


def test_the_named_point_kills_the_process_and_others_do_not():
    assert _reach("a.two:kill", "a.one", "a.two").returncode == -signal.SIGKILL
    assert _reach("a.two:kill", "a.one", "a.twofold").returncode == 0
