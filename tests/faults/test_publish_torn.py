"""Readers poll the served file while it is replaced: they see one release, whole."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import duckdb

from fork_case import kill_after
from release_case import make_candidate
from scoreboard import Facts
from throughline import fence
from throughline.publish import publish
from throughline.settings import Settings
from throughline.warehouse import Run

DAY = date(2026, 3, 2)
READER = """
import json, sys, time
from pathlib import Path
import duckdb
current, stop = Path(sys.argv[1]), Path(sys.argv[2])
seen, errors = [], []
while not stop.exists():
    try:
        with duckdb.connect(str(current), read_only=True) as con:
            code = con.execute("select code::bigint from build_info").fetchone()[0]
            a = con.execute("select min(version), max(version), count(*) from lead.leads")
            a = a.fetchone()
            time.sleep(0.01)
            b = con.execute("select min(version), max(version), count(*) from payment.sales")
            seen.append([code, *a, *b.fetchone()])
    except Exception as error:
        errors.append(repr(error))
print(json.dumps({"seen": seen, "errors": errors}))
"""


def test_three_readers_never_see_a_torn_release_during_ten_publishes(
    tmp_path: Path, facts: Facts, often: Callable[[int, int], int]
):
    publishes = often(10, 60)
    settings = Settings(config_file=tmp_path / "c.yml", home=tmp_path / "home")
    stop = tmp_path / "stop"
    _publish(settings, 0)
    command = [sys.executable, "-c", READER, str(settings.current), str(stop)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    for number in range(1, publishes + 1):
        _publish(settings, number)
        time.sleep(0.15)
    time.sleep(1)
    stop.touch()
    for reader in readers:
        out, _ = reader.communicate(timeout=60)
        found = json.loads(out)
        torn = [row for row in found["seen"] if row[1:] != [row[0], row[0], 1000] * 2]
        facts.read(len(found["seen"]), len(torn), len(found["errors"]))
        assert found["errors"] == []
        versions = [row[0] for row in found["seen"]]
        assert versions == sorted(versions), "a reader went back to an older release"
        assert versions[-1] == publishes
        assert torn == []
    assert len(list(settings.release_folder.glob("*.duckdb"))) == settings.releases.keep


def _publish(settings: Settings, number: int) -> None:
    as_of = DAY + timedelta(days=number)
    run = make_candidate(settings, f"{as_of}-{number}", as_of, number)
    _fenced(settings, run, as_of)


def _fenced(settings: Settings, run: Run, as_of: date) -> None:
    with fence.taken(settings, run.run_id, as_of) as held:
        publish(settings, run, held)


def test_publishers_killed_at_random_instants_leave_a_whole_release_and_can_be_repeated(
    tmp_path: Path, facts: Facts, often: Callable[[int, int], int], seed: int
):
    settings = Settings(config_file=tmp_path / "c.yml", home=tmp_path / "home")
    _publish(settings, 0)
    chance, longest = random.Random(seed), 0.2
    for number in range(1, often(10, 250) + 1):
        as_of = DAY + timedelta(days=number)
        run = make_candidate(settings, f"{as_of}-{number}", as_of, number)
        publish_it = partial(_fenced, settings, run, as_of)
        unharmed = kill_after(publish_it, chance.uniform(0, longest))
        if unharmed is None:
            facts.killed()
        else:
            longest = unharmed
        seen = _served(settings)
        torn = seen not in ([number - 1] * 5, [number] * 5)
        facts.read(1, int(torn), 0)
        assert not torn, f"seed {seed}, kill {number}: {seen}"
        publish_it()
        is_same = _served(settings) == [number] * 5
        facts.compared(is_same)
        assert is_same, f"seed {seed}, kill {number}"


def _served(settings: Settings) -> list[int]:
    """Versions that a reader sees: of the release, and the extremes of both tables."""
    with duckdb.connect(str(settings.current), read_only=True) as con:
        row = con.execute(
            "select (select code::bigint from build_info), (select min(version) from lead.leads),"
            " (select max(version) from lead.leads), (select min(version) from payment.sales),"
            " (select max(version) from payment.sales)"
        ).fetchone()
    return list(row or ())
