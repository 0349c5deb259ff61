"""Backup, restore and upkeep killed at every step edge: nothing half done is taken for whole."""

import os
import shutil
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from alert_case import new_database, report, rows
from night_case import DAY, make_home, put
from release_case import make_candidate
from scoreboard import Facts
from throughline import fence, landing
from throughline.backup import backup, restore
from throughline.errors import BackupError
from throughline.publish import publish
from throughline.settings import Settings
from throughline.upkeep import upkeep

RESTORING = (
    *("restore.copied", "restore.filled", "restore.checked", "restore.moved"),
    "restore.served",
)
BEFORE_IT_MOVES = RESTORING[:3]


@pytest.fixture
def home(tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two batches, one of which the other replaced, a served release and an incident."""
    settings = make_home(tmp_path / "old", ["account"])
    for number in range(2):
        as_of = DAY + timedelta(days=number)
        put(settings, "account", [{"account_id": f"a{number}"}], as_of, "snapshot")
    run = make_candidate(settings, "one", DAY)
    with fence.taken(settings, "one", DAY) as held:
        publish(settings, run, held)
    monkeypatch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
    report(settings)
    return settings


def killed(point: str, work: Callable[[], object], facts: Facts) -> None:
    """Do something in a child that kills itself at a fault point."""
    child = os.fork()
    if child == 0:
        os.environ["THROUGHLINE_FAULT"] = f"{point}:kill"
        try:
            work()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    facts.killed(point)


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@pytest.mark.parametrize("point", RESTORING)
def test_a_restore_killed_anywhere_and_done_again_is_whole(
    home: Settings, tmp_path: Path, postgres_url: str, monkeypatch, facts: Facts, point: str
) -> None:
    copy, new = tmp_path / "copy", home.model_copy(update={"home": tmp_path / "new"})
    backup(home, copy)
    monkeypatch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
    killed(point, lambda: restore(new, copy), facts)
    if point in BEFORE_IT_MOVES:
        assert [path.name for path in new.home.iterdir()] == [".restoring"]
    restore(new, copy)
    wanted = {p: c for p, c in everything(home.home).items() if not p.startswith("work/")}
    facts.compared(everything(new.home) == wanted)
    assert everything(new.home) == wanted
    assert new.current.resolve() == new.release_folder / "one.duckdb"
    assert rows(new, "select count(*) from throughline.incidents") == [(1,)]


@pytest.mark.parametrize("point", ["backup.releases", "backup.before_listing"])
def test_a_backup_that_was_killed_is_none(
    home: Settings, tmp_path: Path, facts: Facts, point: str
) -> None:
    copy, new = tmp_path / "copy", home.model_copy(update={"home": tmp_path / "new"})
    killed(point, lambda: backup(home, copy), facts)
    with pytest.raises(BackupError, match="did not end"):
        restore(new, copy)
    with pytest.raises(BackupError, match="remove what a backup that did not end left"):
        backup(home, copy)
    shutil.rmtree(copy)
    backup(home, copy)


def test_upkeep_killed_after_its_note_goes_on_the_next_time(home: Settings, facts: Facts) -> None:
    later = DAY + timedelta(days=200)
    killed("upkeep.marked", lambda: upkeep(home, later), facts)
    [old, _] = landing.input_batches(home)
    assert old.path.exists()
    assert {one.what: one.files for one in upkeep(home, later) if one.files} == {
        "replaced batches": 1
    }
    assert not old.path.exists()
