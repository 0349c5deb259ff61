"""Upkeep removes what no night needs any more, nothing else, and says what it freed."""

import os
import random
import shutil
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner

import delete_case as deletes
import ingest_case as case
from night_case import DAY, make_home, outcomes, put, save
from night_case import restore as put_back
from release_case import make_candidate
from throughline import cli, fence, landing, night
from throughline.alerts import spool
from throughline.backup import backup, restore
from throughline.errors import BuildError, SourceError
from throughline.extract import extract_domain, replay_source
from throughline.publish import publish
from throughline.publish.candidate import candidate_path
from throughline.settings import Settings
from throughline.upkeep import upkeep
from throughline.upkeep.lock import alone
from throughline.warehouse import plan, prepare

LATER = date.today() + timedelta(days=400)
"""A night for which all that a test makes now is old."""


def put_account(settings: Settings, name: str, as_of: date, **more: Any) -> str:
    rows = [{"account_id": "a1", "name": f"{name} {as_of}"}]
    return put(settings, "account", rows, as_of, "snapshot", **more)


def freed(settings: Settings, as_of: date = LATER, **more: Any) -> dict[str, int]:
    """Files freed, by kind."""
    return {one.what: one.files for one in upkeep(settings, as_of, **more) if one.files}


def has_rows(settings: Settings, batch_id: str) -> bool:
    batch = landing.find_batch(settings, batch_id)
    assert batch is not None, "the manifest of a batch stays"
    return batch.path.exists()


def test_only_the_rows_of_replaced_batches_go_when_they_are_old(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["account"], upkeep={"replaced_days": 10})
    old, new = (put_account(settings, "A", DAY + timedelta(days=n)) for n in (0, 1))
    assert freed(settings, DAY + timedelta(days=12)) == {}  # extracted in the night of DAY + 3
    assert freed(settings, DAY + timedelta(days=13), only_look=True) == {"replaced batches": 1}
    assert has_rows(settings, old)
    [said] = [one for one in upkeep(settings, DAY + timedelta(days=13)) if one.files]
    assert said.bytes > 0
    assert not has_rows(settings, old)
    assert has_rows(settings, new)
    assert landing.find_batch(settings, old).status == "passed"
    assert freed(settings) == {}


def test_held_and_unjudged_batches_stay_and_what_a_held_one_hides_is_live(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["account"])
    days = [DAY + timedelta(days=n) for n in range(4)]
    passed = put_account(settings, "A", days[0])
    held = put_account(settings, "B", days[1], status="held")
    unjudged = put_account(settings, "C", days[2], status="landed")
    assert freed(settings) == {}
    newest = put_account(settings, "D", days[3])
    assert freed(settings) == {"replaced batches": 1}
    assert [has_rows(settings, one) for one in (passed, held, unjudged, newest)] == [
        *(False, True, True, True)
    ]


def test_rows_of_a_withdrawn_batch_go_once_that_is_long_ago(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["account"])
    batch = put_account(settings, "A", DAY, status="withdrawn")
    assert freed(settings, date.today()) == {}
    assert freed(settings) == {"replaced batches": 1}
    assert landing.find_batch(settings, batch).status == "withdrawn"


@pytest.mark.parametrize("seed", range(2))
def test_whatever_happened_every_night_that_is_kept_finds_all_its_rows(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    settings = make_home(tmp_path, ["account", "ad_spend_daily"], upkeep={"replaced_days": 7})
    for number in range(30):
        as_of = DAY + timedelta(days=chance.randrange(25))
        window = (DAY + timedelta(days=chance.randrange(4))).isoformat()
        status = chance.choice(["passed", "passed", "passed", "held", "withdrawn", "landed"])
        put(settings, "ad_spend_daily", [], as_of, window, status, minute=number)
    before = {night: ids(settings, night) for night in nights(25)}
    assert freed(settings, DAY + timedelta(days=24)) != {}
    for as_of in nights(25)[-8:]:
        assert ids(settings, as_of) == before[as_of]
        assert all(batch.path.exists() for batch in landing.live_batches(settings, as_of))
    for batch in landing.input_batches(settings):
        assert batch.status not in ("held", "landed") or batch.path.exists()


def nights(count: int) -> list[date]:
    return [DAY + timedelta(days=n) for n in range(count)]


def ids(settings: Settings, as_of: date) -> list[str]:
    return [batch.batch_id for batch in landing.live_batches(settings, as_of)]


def test_what_a_release_on_disk_was_built_from_stays(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["account"], releases={"keep": 2})
    old, mid, _ = (put_account(settings, "A", DAY + timedelta(days=n)) for n in range(3))
    release(settings, "one", [old])
    assert freed(settings) == {"replaced batches": 1}
    assert has_rows(settings, old)
    assert not has_rows(settings, mid)
    release(settings, "two", [])
    release(settings, "three", [])
    assert freed(settings) == {"replaced batches": 1}
    assert not has_rows(settings, old)


def release(settings: Settings, run_id: str, batches: list[str]) -> None:
    run = make_candidate(settings, run_id, DAY)
    with duckdb.connect(str(candidate_path(settings, run_id))) as con:
        con.execute("update build_info set batch_set = ?", [batches])
    with fence.taken(settings, run_id, DAY) as held:
        publish(settings, run, held)


def test_a_replaced_batch_that_a_withdrawal_brings_back_says_how_to_go_on(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["account"])
    old, new = (put_account(settings, "A", DAY + timedelta(days=number)) for number in range(2))
    assert freed(settings) == {"replaced batches": 1}
    for batch in (new, old):
        landing.set_verdict(settings, batch, "withdrawn", "test", "it was wrong")
        run = plan(settings, DAY + timedelta(days=1))
        if batch == new:
            with pytest.raises(BuildError, match=f"withdraw this one.*batch withdraw {old}"):
                prepare(settings, run.as_of, settings.work_file, run.batches, run.run_id)
    prepare(settings, run.as_of, settings.work_file, run.batches, run.run_id)


def test_a_night_whose_rows_are_gone_says_so_and_newer_ones_build(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["account"])
    for number in range(2):
        put_account(settings, "A", DAY + timedelta(days=number))
    assert freed(settings) == {"replaced batches": 1}
    for as_of, refused in ((DAY, True), (DAY + timedelta(days=1), False)):
        run = plan(settings, as_of)
        if refused:
            with pytest.raises(BuildError, match=r"removed by upkeep .* from a backup"):
                prepare(settings, as_of, settings.work_file, run.batches, run.run_id)
        else:
            prepare(settings, as_of, settings.work_file, run.batches, run.run_id)


@pytest.fixture(scope="module")
def three_nights(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Calls from dated files; the second night brings the first day again, corrected."""
    folder = tmp_path_factory.mktemp("phones")
    settings = case.make_settings(folder, upkeep={"raw_days": 30, "replaced_days": 30})
    case.write_source(settings)
    for night_number in range(3):
        deliver(settings, case.NIGHT + timedelta(days=night_number))
        if night_number == 1:
            deliver(settings, case.NIGHT, hour=11)
        assert extract(settings, night_number) == "ok", said(settings, night_number)
    save(settings, "nights")
    shutil.copytree(settings.sources_path[0], folder / "saved-sources")
    return settings


@pytest.fixture
def phones(three_nights: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The three nights as they were, in a home that a test may change."""
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(three_nights.config_file))
    folder, sources = three_nights.home.parent, three_nights.sources_path[0]
    put_back(three_nights, folder / "saved-nights")
    shutil.rmtree(sources)
    shutil.copytree(folder / "saved-sources", sources)
    return three_nights


def deliver(settings: Settings, day: date, hour: int = 10) -> None:
    lines = [f"C{day}-{n},out,1380013{n:04d},{day}T{hour}:00:00,no_answer" for n in range(200)]
    case.drop(settings, f"calls_{day}_{day}.csv", case.call_lines(*lines))


def extract(settings: Settings, night_number: int) -> str:
    return extract_domain(settings, "calls", case.NIGHT + timedelta(days=night_number)).status


def said(settings: Settings, night_number: int) -> str:
    found = landing.read_outcome(settings, "calls", case.NIGHT + timedelta(days=night_number))
    assert found is not None
    return found.detail


def raw(settings: Settings) -> list[str]:
    """Windows and generations whose landed file is there, oldest first."""
    return [
        manifest.window
        for manifest in landing.landed(settings, "phones", "calls")
        if (manifest.folder(settings) / manifest.files[0].name).exists()
    ]


def test_raw_files_go_when_their_rows_were_let_in_and_the_nights_go_on_as_before(
    phones: Settings,
) -> None:
    before = ids(phones, LATER)
    assert len(raw(phones)) == 4
    assert freed(phones) == {
        "replaced batches": 1,
        "raw files of replaced batches": 1,
        "raw files": 2,
    }
    assert raw(phones) == ["2026-03-04"]
    assert ids(phones, LATER) == before
    count = len(landing.input_batches(phones))
    assert extract(phones, 2) == extract(phones, 3) == "ok"
    assert len(landing.input_batches(phones)) == count
    assert ids(phones, LATER) == before


def test_a_changed_mapping_leaves_alone_what_it_cannot_read_again(phones: Settings) -> None:
    before = ids(phones, LATER)
    upkeep(phones, LATER)
    changed = case.CALLS_SQL.replace("outcome", "upper(outcome) as outcome")
    (phones.sources_path[0] / "phones" / "cdr.sql").write_text(
        changed.replace("upper(outcome)", "lower(outcome)")
    )
    replay_source(phones, "phones")
    after = ids(phones, LATER)
    assert len(after) == len(before)
    assert len(set(after) & set(before)) == 2
    assert extract(phones, 3) == "ok"
    assert "2 windows stay as they were conformed before" in said(phones, 3)


def test_a_window_that_comes_after_its_snapshot_was_removed_is_made_with_one_that_is_left(
    tmp_path: Path,
) -> None:
    settings = case.make_settings(tmp_path, upkeep={"raw_days": 7})
    calls = {"way": "files", "path": "{home}/drop/calls_{date}_{until}.csv", "format": "csv"}
    agents = {"way": "files", "path": "{home}/drop/agents.csv", "format": "csv"}
    sql = case.CALLS_SQL + " cross join (select count(*) from agents)"
    case.write_source(settings, streams={"calls": calls, "agents": agents}, mappings={"cdr": sql})
    for night_number in (0, 2):
        deliver(settings, case.NIGHT + timedelta(days=night_number))
        case.drop(settings, "agents.csv", f"name\nanna{night_number}\n")
        assert extract(settings, night_number) == "ok", said(settings, night_number)
    assert freed(settings) == {"raw files": 2}
    before = ids(settings, LATER)
    deliver(settings, case.NIGHT + timedelta(days=1))
    (settings.home / "drop" / "agents.csv").unlink()
    assert extract(settings, 1) == "ok"
    assert "cdr 2026-03-03 waits for stream agents" in said(settings, 1)
    for _ in range(2):
        assert extract(settings, 3) == "ok"
    after = landing.live_batches(settings, LATER)
    assert {batch.batch_id for batch in after} > set(before)
    assert [(batch.window, batch.rows) for batch in after] == [
        (str(case.NIGHT + timedelta(days=number)), 200) for number in range(3)
    ]


def test_raw_files_of_a_held_batch_stay(phones: Settings) -> None:
    for batch in landing.live_batches(phones, LATER):
        landing.set_verdict(phones, batch.batch_id, "held", "test", "to be looked at")
    assert freed(phones) == {"raw files": 1}  # of the passed one that counts again meanwhile
    assert len(raw(phones)) == 3


def test_raw_files_that_were_never_conformed_stay(phones: Settings) -> None:
    case.write_source(
        phones,
        mappings={"cdr": case.CALLS_SQL, "call_disposition": "select * from calls"},
        entities={"cdr": {"streams": ["calls"]}, "call_disposition": {"streams": ["calls"]}},
    )
    assert "raw files" not in freed(phones)


def test_lists_of_keys_go_once_a_newer_one_is_taken_and_sweeps_go_on(
    tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = deletes.begun(deletes.vendor("files", tmp_path, httpserver, monkeypatch, str))
    vendor.drop(2)
    assert vendor.night(deletes.SUNDAY)[1] == []
    assert "old lists of keys" not in freed(vendor.settings, deletes.SUNDAY)
    assert freed(vendor.settings, only_look=True)["old lists of keys"] == 1
    assert freed(vendor.settings)["old lists of keys"] == 1, "that of the first night"
    assert "old lists of keys" not in freed(vendor.settings), "the newest one stays"
    vendor.drop(3)
    assert vendor.night(deletes.SUNDAY + timedelta(days=7))[1] == []
    assert vendor.counted(deletes.SUNDAY + timedelta(days=7)) == deletes.ids(1, 4, 5, 6)


def test_what_upkeep_emptied_is_backed_up_and_restored_as_it_is(
    phones: Settings, tmp_path: Path
) -> None:
    upkeep(phones, LATER)
    backup(phones, tmp_path / "copy", tmp_path / "keys")
    new = phones.model_copy(update={"home": tmp_path / "new"})
    restore(new, tmp_path / "copy", tmp_path / "keys")
    assert ids(new, LATER) == ids(phones, LATER)
    assert raw(new) == raw(phones)
    assert freed(new) == {}


def test_old_logs_candidates_and_spilled_files_go_reports_and_new_ones_stay(
    tmp_path: Path,
) -> None:
    settings = make_home(tmp_path, ["account"])
    gone = ["candidates/a.duckdb", "logs/airflow/dag/run/1.log", "logs/dbt/dbt.log.1"]
    gone += ["work/tmp/spill", "work/scratch/work.duckdb"]
    kept = ["logs/nights/2026-03-02.json", "logs/postgres.log", "work/work.duckdb"]
    new = ["candidates/b.duckdb", "logs/airflow/dag/run2/1.log"]
    for name in (*gone, *kept, *new):
        path = settings.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
        if name not in new:
            os.utime(path, (0, time.time() - 40 * 86_400))
    assert freed(settings) == {"candidates": 1, "logs": 2, "scratch files": 2}
    assert not any((settings.home / name).exists() for name in gone)
    assert all((settings.home / name).exists() for name in (*kept, *new))
    assert not (settings.home / "logs/airflow/dag/run").exists()
    assert (settings.home / "logs" / "dbt").exists()


def test_releases_beyond_keep_go_and_never_the_served_one(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["account"], releases={"keep": 4})
    for name in ("one", "two", "three"):
        release(settings, name, [])
    fewer = settings.model_copy(update={"releases": type(settings.releases)(keep=2)})
    fewer.current.unlink()
    fewer.current.symlink_to("releases/one.duckdb")
    assert freed(fewer) == {}
    elsewhere = fewer.release_folder.rename(tmp_path / "elsewhere")
    fewer.release_folder.symlink_to(elsewhere)
    assert freed(fewer) == {}
    fewer.current.unlink()
    fewer.current.symlink_to("releases/three.duckdb")
    assert freed(fewer) == {"releases": 1}


def test_an_upkeep_that_fails_is_told_and_the_night_is_none_the_worse(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["account"])
    outcomes(settings, DAY)
    settings.release_folder.mkdir(parents=True)
    (settings.release_folder / "broken.duckdb").write_bytes(b"no database")
    night.upkeep(settings, DAY)
    [(_, told)] = list(spool.waiting(settings))
    assert (told.kind, told.severity) == ("upkeep", "warning")
    assert "broken.duckdb does not say what it was built from" in told.summary


def test_upkeep_and_backup_do_not_run_at_the_same_time(tmp_path: Path) -> None:
    settings = make_home(tmp_path, ["account"])
    with alone(settings, "backup"), pytest.raises(SourceError, match="another process is at it"):
        upkeep(settings, LATER, wait_seconds=0)
    with alone(settings, "backup"):
        night.upkeep(settings, DAY)
    assert spool.count(settings) == 0


def test_the_command_says_what_it_freed_and_what_it_would(phones: Settings) -> None:
    for words, said in ((["upkeep", "--dry-run"], "would free"), (["upkeep"], "freed")):
        found = CliRunner().invoke(cli.commands, words)
        assert found.exit_code == 0, found.output
        assert said in found.output
        assert "raw files of replaced batches" in found.output
