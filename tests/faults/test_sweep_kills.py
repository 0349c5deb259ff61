"""Kill a weekly sweep at each of its edges, do the night again: one list, nothing left behind."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

import delete_case as deletes
from delete_case import SUNDAY, begun, ids, swept
from scoreboard import Facts


@pytest.mark.parametrize("point", ["sweep.after_keys", "sweep.after_list", "sweep.landed"])
@pytest.mark.parametrize("way", ["database", "rest"])
def test_a_sweep_that_was_killed_and_done_again_lands_the_same(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    point: str,
    facts: Facts,
) -> None:
    url = request.getfixturevalue("postgres_url") if way == "database" else ""
    vendor = begun(deletes.vendor(way, tmp_path, httpserver, monkeypatch, lambda: url))
    vendor.drop(2)
    vendor.night(SUNDAY - timedelta(days=1))
    child = os.fork()
    if child == 0:
        os.environ["THROUGHLINE_FAULT"] = f"{point}:kill"
        vendor.night(SUNDAY)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    facts.killed(point)
    assert swept(vendor) == ([(SUNDAY, 1)] if point == "sweep.landed" else [])
    assert vendor.night(SUNDAY)[1] == []
    facts.compared(swept(vendor) == [(SUNDAY, 1)])
    assert swept(vendor) == [(SUNDAY, 1)] and vendor.counted(SUNDAY) == ids(1, 3, 4, 5, 6)
    left = [path.name for path in (vendor.settings.landing / "vendor/lead_swept").iterdir()]
    assert len(left) == 1 and not left[0].startswith(".")
