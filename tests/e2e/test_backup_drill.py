"""The drill: an installation is copied in the middle of a night, lost, restored, and goes on.

The restored one is tidied before its next night, so that rebuild after upkeep is proved as well.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

import ingest_case
from alert_case import new_database, report, rows
from night_case import DAY, make_home, outcomes, put, run_night
from small_company import ENTITIES, ad_spend, put_day, put_lists
from throughline import landing, night
from throughline.alerts import register
from throughline.backup import backup, restore
from throughline.extract import extract_domain
from throughline.publish import release_hash
from throughline.settings import Settings, process_environment
from throughline.upkeep import upkeep

NEXT = DAY + timedelta(days=1)
STOP_AT = "build.after_core"
NIGHT = """
import sys
from datetime import date
from pathlib import Path
from throughline import night
from throughline.settings import load_settings
night.run(load_settings(Path(sys.argv[1])), date.fromisoformat(sys.argv[2]))
"""


@dataclass(frozen=True)
class Drill:
    """What the home knew when it was copied, and the release that it made of the next night."""

    settings: Settings
    copy: Path
    keys: Path
    served: Path
    verdicts: dict[str, str]
    incidents: list[tuple]
    next_release: str


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> Iterator[Drill]:
    """Publish DAY; back up while the night of NEXT stands half-way; let it end; lose the home."""
    folder = tmp_path_factory.mktemp("drill")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
        settings = make_home(folder, ENTITIES)
        put_lists(settings)
        earlier = DAY - timedelta(days=1)
        put(settings, "ad_spend_daily", [ad_spend(DAY, 1)], earlier, DAY.isoformat())
        bring(settings, folder, DAY)
        run_night(settings, DAY)
        bring(settings, folder, NEXT)
        put(settings, "ad_spend_daily", [], NEXT, status="held", minute=5)
        outcomes(settings, NEXT)
        report(settings)
        process = stopped_night(settings, NEXT)
        copy, keys = folder / "copy", folder / "keys"
        backup(settings, copy, keys)
        known = dict(
            served=settings.current.readlink(),
            verdicts=verdicts(settings),
            incidents=incidents(settings),
        )
        os.kill(process.pid, signal.SIGCONT)
        assert process.wait(timeout=300) == 0
        assert settings.current.readlink() != known["served"]
        next_release = release_hash(settings.current)
        settings.home.rename(folder / "lost")
        patch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
        yield Drill(settings, copy, keys, next_release=next_release, **known)


def bring(settings: Settings, folder: Path, day: date) -> None:
    """Batches of a day: written by hand, and calls that are landed from a file."""
    put_day(settings, day)
    drop = folder / "drop"
    drop.mkdir(exist_ok=True)
    lines = [f"C{day.day}-{n},out,1380013{n:04d},{day}T10:00:00,no_answer" for n in range(200)]
    (drop / f"calls_{day}_{day}.csv").write_text(ingest_case.call_lines(*lines))
    path = f"{drop}/calls_{{date}}_{{until}}.csv"
    streams = {"calls": {"way": "files", "path": path, "format": "csv"}}
    ingest_case.write_source(settings, streams=streams)
    assert extract_domain(settings, "calls", day).status == "ok"


def stopped_night(settings: Settings, as_of: date) -> subprocess.Popen:
    """A night in a process of its own that stands still with the work file half written."""
    environment = process_environment(THROUGHLINE_FAULT=f"{STOP_AT}:stop", THROUGHLINE_HOME="")
    process = subprocess.Popen(
        [sys.executable, "-c", NIGHT, str(settings.config_file), as_of.isoformat()],
        env=environment,
    )
    end = time.monotonic() + 300
    while time.monotonic() < end and process.poll() is None:
        state = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "T":
            return process
        time.sleep(0.1)
    raise AssertionError("the night did not come to the point where it stops")


def verdicts(settings: Settings) -> dict[str, str]:
    return {batch.batch_id: batch.status for batch in landing.input_batches(settings)}


def incidents(settings: Settings) -> list[tuple]:
    """Incidents, parts, history and messages, with every number and instant."""
    return [
        (table, *row)
        for table in ("incidents", "incident_parts", "incident_events", "outbox")
        for row in rows(settings, f"select * from throughline.{table} order by 1, 2")
    ]


def test_a_lost_home_is_restored_and_its_next_night_is_the_one_it_would_have_been(
    drill: Drill,
) -> None:
    settings = drill.settings
    restore(settings, drill.copy, drill.keys)
    assert settings.current.readlink() == drill.served
    assert verdicts(settings) == drill.verdicts
    assert {"passed", "held"} <= set(drill.verdicts.values())
    assert len(drill.incidents) > 1
    assert incidents(settings) == drill.incidents
    for batch in landing.landed(settings, "phones", "calls"):
        landing.verify(settings, batch)
    [freed] = [one for one in upkeep(settings, NEXT + timedelta(days=180)) if one.files]
    assert (freed.what, freed.files) == ("replaced batches", 1)
    assert night.run(settings, NEXT).status == "published"
    assert release_hash(settings.current) == drill.next_release
    known = len(register.incidents(settings))
    report(settings, subject="something new")
    assert len(register.incidents(settings)) == known + 1
