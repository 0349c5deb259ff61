"""Readers poll the served file while it is replaced: they see one release, whole."""

import json
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

from release_case import make_candidate
from throughline import fence
from throughline.publish import publish
from throughline.settings import Settings

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


def test_three_readers_never_see_a_torn_release_during_ten_publishes(tmp_path: Path):
    settings = Settings(config_file=tmp_path / "c.yml", home=tmp_path / "home")
    stop = tmp_path / "stop"
    _publish(settings, 0)
    command = [sys.executable, "-c", READER, str(settings.current), str(stop)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    for number in range(1, 11):
        _publish(settings, number)
        time.sleep(0.15)
    time.sleep(1)
    stop.touch()
    for reader in readers:
        out, _ = reader.communicate(timeout=60)
        found = json.loads(out)
        assert found["errors"] == []
        versions = [row[0] for row in found["seen"]]
        assert versions == sorted(versions), "a reader went back to an older release"
        assert versions[-1] == 10
        for version, *tables in found["seen"]:
            assert tables == [version, version, 1000] * 2
    assert len(list(settings.release_folder.glob("*.duckdb"))) == settings.releases.keep


def _publish(settings: Settings, number: int) -> None:
    as_of = DAY + timedelta(days=number)
    run = make_candidate(settings, f"{as_of}-{number}", as_of, number)
    with fence.taken(settings, run.run_id, as_of) as held:
        publish(settings, run, held)
