"""The night killed at every step edge and done again ends in the release of an unbroken one."""

import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from alert_case import new_database, report
from alert_case import rows as state_rows
from night_case import DAY, make_home, outcomes, put, restore, save
from small_company import ENTITIES, ad_spend, put_day, put_lists
from throughline import landing
from throughline.backup import backup
from throughline.backup import restore as bring_back
from throughline.night_report import read_report
from throughline.publish import release_hash
from throughline.settings import Settings, process_environment
from throughline.upkeep import upkeep

BEFORE, NEXT = DAY - timedelta(days=1), DAY + timedelta(days=1)
STEPS = {
    "build": (
        *("fence.taken", "prepare.before_commit", "prepare.after_commit", "build.before_core"),
        *("build.after_core", "night.core_judged", "build.before_stages", "build.after_stages"),
        "build.finished",
    ),
    "audit": ("candidate.before_copy", "candidate.after_copy", "candidate.audited"),
    "publish": ("publish.sealed", "publish.renamed", "publish.before_swap", "publish.swapped"),
}
OFTEN = {"build.after_core"}
"""Points of the build that every test run tries; the others are slow."""

NIGHT = """
import sys
from datetime import date
from pathlib import Path
from throughline import night
from throughline.settings import load_settings
settings = load_settings(Path(sys.argv[1]))
for step in sys.argv[3:]:
    getattr(night, step)(settings, date.fromisoformat(sys.argv[2]))
"""


@dataclass(frozen=True)
class Unbroken:
    """An unbroken night: the homes before each step, the points it passed, its hash, its time."""

    settings: Settings
    before: dict[str, Path]
    points: list[str]
    hash: str
    seconds: float


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Unbroken:
    """Publish DAY, then do the night of NEXT step by step and keep what each step found."""
    folder = tmp_path_factory.mktemp("kills")
    settings = make_home(folder, ENTITIES)
    put_lists(settings, BEFORE)
    put(settings, "ad_spend_daily", [ad_spend(DAY, 1)], BEFORE, DAY.isoformat())  # replaced by DAY
    for day in (BEFORE, DAY):
        put_day(settings, day)
    outcomes(settings, DAY)
    assert do(settings, DAY, *STEPS) == 0
    put_day(settings, NEXT)
    outcomes(settings, NEXT)
    before = {}
    record = folder / "points"
    seconds = 0.0
    for step in STEPS:
        before[step] = save(settings, f"before_{step}")
        begun = time.monotonic()
        assert do(settings, NEXT, step, fault=f"record:{record}") == 0
        seconds += time.monotonic() - begun
    points = record.read_text().split()
    return Unbroken(settings, before, points, release_hash(settings.current), seconds)


def do(settings: Settings, as_of, *steps: str, fault: str = "") -> int:
    """Do steps of a night in a process of their own; returns its exit status."""
    return start(settings, as_of, *steps, fault=fault).wait(timeout=600)


def start(settings: Settings, as_of, *steps: str, fault: str = "") -> subprocess.Popen:
    """Start steps of a night in a process of their own."""
    command = [sys.executable, "-c", NIGHT, str(settings.config_file), as_of.isoformat(), *steps]
    environment = process_environment(THROUGHLINE_FAULT=fault, THROUGHLINE_HOME="")
    return subprocess.Popen(command, env=environment)


def cases() -> list:
    marks = {
        point: [pytest.mark.slow] if step == "build" and point not in OFTEN else []
        for step, points in STEPS.items()
        for point in points
    }
    return [
        pytest.param(step, point, id=point, marks=marks[point])
        for step, points in STEPS.items()
        for point in points
    ]


def test_every_point_that_a_night_passes_is_tried(unbroken):
    tried = {point for points in STEPS.values() for point in points}
    assert tried == set(unbroken.points)


@pytest.mark.parametrize(("step", "point"), cases())
def test_a_night_killed_anywhere_and_done_again_gives_the_same_release(
    unbroken, step, point, facts
):
    settings = unbroken.settings
    restore(settings, unbroken.before[step])
    served = settings.current.readlink()
    assert do(settings, NEXT, step, fault=f"{point}:kill") == -signal.SIGKILL
    facts.killed(point)
    if point != "publish.swapped":
        assert settings.current.readlink() == served
    rest = list(STEPS)[list(STEPS).index(step) :]
    assert do(settings, NEXT, *rest) == 0
    assert settings.current.readlink() != served
    is_same = release_hash(settings.current) == unbroken.hash
    facts.compared(is_same)
    assert is_same
    assert read_report(settings, NEXT).status == "published"


def test_nights_killed_at_random_instants_and_done_again_give_the_same_release(
    unbroken, facts, often, seed
):
    settings, chance = unbroken.settings, random.Random(seed)
    for number in range(often(1, 30)):
        restore(settings, unbroken.before["build"])
        night = start(settings, NEXT, *STEPS)
        try:
            night.wait(timeout=chance.uniform(0.5, unbroken.seconds))
        except subprocess.TimeoutExpired:
            night.kill()
            facts.killed()
        night.wait()
        assert do(settings, NEXT, *STEPS) == 0
        is_same = release_hash(settings.current) == unbroken.hash
        facts.compared(is_same)
        assert is_same, f"seed {seed}, night {number}"


def test_a_home_copied_half_way_through_a_night_lost_and_restored_ends_in_the_same_release(
    unbroken, tmp_path, postgres_url, monkeypatch
):
    """The drill; what nothing needs any more is removed before the night is built from nothing."""
    settings = unbroken.settings
    restore(settings, unbroken.before["build"])
    put(settings, "ad_spend_daily", [], NEXT, status="held", minute=5)
    monkeypatch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
    report(settings)
    night = start(settings, NEXT, "build", fault="prepare.after_commit:stop")
    try:
        wait_until_stopped(night)
        backup(settings, tmp_path / "copy")
        known = (settings.current.readlink(), verdicts(settings), state(settings))
    finally:
        night.kill()
        night.wait()
    shutil.rmtree(settings.home)
    monkeypatch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
    bring_back(settings, tmp_path / "copy")
    assert (settings.current.readlink(), verdicts(settings), state(settings)) == known
    assert {"passed", "held"} <= set(known[1].values())
    assert len(known[2]) > 1
    [freed] = [one for one in upkeep(settings, NEXT + timedelta(days=180)) if one.files]
    assert (freed.what, freed.files) == ("replaced batches", 1)
    assert do(settings, NEXT, *STEPS) == 0
    assert release_hash(settings.current) == unbroken.hash


def wait_until_stopped(process: subprocess.Popen) -> None:
    end = time.monotonic() + 300
    while time.monotonic() < end and process.poll() is None:
        stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8")
        if stat.rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(0.05)
    raise AssertionError("the night did not come to the point where it stops")


def verdicts(settings: Settings) -> dict[str, str]:
    return {batch.batch_id: batch.status for batch in landing.input_batches(settings)}


def state(settings: Settings) -> list[tuple]:
    """Incidents, parts, history and messages, with every number and instant."""
    return [
        (table, *row)
        for table in ("incidents", "incident_parts", "incident_events", "outbox")
        for row in state_rows(settings, f"select * from throughline.{table} order by 1, 2")
    ]


def test_a_night_done_a_second_time_publishes_nothing_new(unbroken):
    settings = unbroken.settings
    restore(settings, unbroken.before["publish"])
    assert do(settings, NEXT, "publish") == 0
    release = settings.current.resolve()
    written = release.stat().st_mtime_ns
    assert do(settings, NEXT, *STEPS) == 0
    assert settings.current.resolve() == release
    assert release.stat().st_mtime_ns == written
    assert read_report(settings, NEXT).status == "unchanged"
