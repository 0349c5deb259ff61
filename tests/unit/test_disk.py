"""Room: a warning before the disk or its budget is full, and no night that cannot fit."""

from pathlib import Path
from typing import Any

import pytest

from alert_case import new_database, rows
from night_case import DAY, make_home, outcomes, put
from throughline import disk, night
from throughline.disk import Room
from throughline.errors import ConfigError, RoomError
from throughline.night_report import read_report
from throughline.night_upkeep import upkeep
from throughline.settings import Settings, load_settings
from throughline.upkeep.lock import alone

ROOMY = {"min_free_share": 0, "night_gb": 0.001}


def home(tmp_path: Path, **limits: Any) -> Settings:
    return make_home(tmp_path, ["account"], disk={**ROOMY, **limits})


def fill(settings: Settings, size: int) -> None:
    settings.landing.mkdir(parents=True, exist_ok=True)
    (settings.landing / "ballast").write_bytes(bytes(size))


@pytest.fixture
def database(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))


def incidents(settings: Settings) -> list[tuple]:
    """Subject, severity, reports and whether it is over, of every incident of the disk."""
    return rows(
        settings,
        "select subject, severity, occurrences, resolved_at is not null"
        " from throughline.incidents where kind = 'disk' order by incident_id",
    )


def test_a_budget_is_warned_of_before_it_is_reached_and_told_once(tmp_path, database) -> None:
    settings = home(tmp_path, budget_gb=0.01)
    fill(settings, 5_000_000)
    disk.admit(settings, DAY)
    assert incidents(settings) == []
    fill(settings, 7_500_000)
    for _ in range(2):
        disk.admit(settings, DAY)
    assert incidents(settings) == [("home.filling", "warning", 2, False)]
    fill(settings, 5_000_000)
    disk.admit(settings, DAY)
    assert incidents(settings) == [("home.filling", "warning", 2, True)]


def test_a_backup_at_work_hides_no_shortage(tmp_path, database) -> None:
    settings = home(tmp_path, budget_gb=0.01)
    fill(settings, 7_500_000)
    with alone(settings, "backup"):
        upkeep(settings, DAY)
    assert incidents(settings) == [("home.filling", "warning", 1, False)]
    assert rows(settings, "select kind from throughline.incidents") == [("disk",)]


def test_a_night_that_cannot_fit_is_not_begun_and_says_what_to_do(tmp_path, database) -> None:
    settings = home(tmp_path, budget_gb=0.01)
    put(settings, "account", [{"account_id": "a1"}], DAY, "snapshot")
    outcomes(settings, DAY)
    fill(settings, 9_500_000)
    with pytest.raises(RoomError, match=r"no room .* disk.budget_gb.* run the night again"):
        night.build(settings, DAY)
    assert not settings.work_file.exists()
    assert read_report(settings, DAY).status == "failed"
    assert incidents(settings) == [("home.full", "critical", 1, False)]
    fill(settings, 0)
    disk.admit(settings, DAY)
    assert incidents(settings) == [("home.full", "critical", 1, True)]


def test_a_night_without_room_is_told_by_the_disk_and_not_by_its_task(
    tmp_path, database, monkeypatch
) -> None:
    from throughline.failed_run import report_failed_run
    from throughline.nights import interval

    settings = home(tmp_path, budget_gb=0.01)
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(settings.config_file))
    fill(settings, 9_500_000)
    outcomes(settings, DAY)
    with pytest.raises(RoomError):
        night.build(settings, DAY)

    class Dag:
        dag_id = "lifecycle"

    report_failed_run({"dag": Dag, "logical_date": interval(settings, DAY)[0]})
    assert rows(settings, "select kind from throughline.incidents") == [("disk",)]


def test_the_disk_counts_as_the_budget_does(tmp_path: Path) -> None:
    settings = home(tmp_path, min_free_share=0.1)

    def said(free: int) -> list[str]:
        room = Room(used=0, free=free, total=1000, night=50)
        return [one.severity for one in disk.judge(settings, room)]

    assert said(49) == ["critical"]
    assert said(50) == said(149) == ["warning"]
    assert said(150) == []


def test_a_night_wants_twice_the_release_and_the_input_where_all_is_built_anew(
    tmp_path: Path,
) -> None:
    settings = home(tmp_path)
    assert disk.measure(settings).night == 1_000_000
    settings.release_folder.mkdir(parents=True)
    (settings.release_folder / "one.duckdb").write_bytes(bytes(3_000_000))
    settings.current.symlink_to("releases/one.duckdb")
    settings.input.mkdir()
    (settings.input / "rows").write_bytes(bytes(500_000))
    assert disk.measure(settings).night == 6_500_000
    settings.work.mkdir()
    settings.work_file.touch()
    assert disk.measure(settings).night == 6_000_000
    assert disk.measure(settings).used == 3_500_000 + len("releases/one.duckdb")


@pytest.mark.parametrize("wrong", ["budget_gb: 0", "warn_share: 1", "min_free_share: 1", "gb: 5"])
def test_wrong_limits_are_named(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "throughline.yml"
    path.write_text(f"disk: {{{wrong}}}\n")
    with pytest.raises(ConfigError, match=rf"disk\.{wrong.split(':')[0]}"):
        load_settings(path)
