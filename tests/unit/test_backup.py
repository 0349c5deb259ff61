"""Backup and restore: what is in it, what is refused, and that a kill leaves nothing half done."""

import json
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

import ingest_case as case
from alert_case import new_database, report, rows
from night_case import restore as put_back
from night_case import save
from release_case import make_candidate
from throughline import cli, fence, landing
from throughline.backup import backup, restore
from throughline.backup.listing import LISTING, read_listing
from throughline.errors import BackupError, DamagedError
from throughline.extract import extract_domain
from throughline.local import postgres, processes
from throughline.publish import publish
from throughline.settings import Settings, load_settings

DAY = case.NIGHT
CALLS = [f"C{n},out,1380013{n:04d},2026-03-02T10:00:{n % 60:02d},no_answer" for n in range(200)]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with one landed, conformed, judged batch and one served release."""
    folder = tmp_path_factory.mktemp("installation")
    settings = case.make_settings(folder)
    case.write_source(settings)
    case.drop(settings, f"calls_{DAY}_{DAY}.csv", case.call_lines(*CALLS))
    assert extract_domain(settings, "calls", DAY).status == "ok"
    serve(settings, "one", DAY)
    save(settings, "home")
    return settings


@pytest.fixture
def home(published: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """That home as it was, for a test to change."""
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(published.config_file))
    monkeypatch.chdir(tmp_path)
    put_back(published, published.home.parent / "saved-home")
    return published


def serve(settings: Settings, run_id: str, as_of: date) -> None:
    run = make_candidate(settings, run_id, as_of)
    with fence.taken(settings, run_id, as_of) as held:
        publish(settings, run, held)


def empty(settings: Settings, name: str = "new") -> Settings:
    """The same configuration over a home that is not there yet."""
    return settings.model_copy(update={"home": Path.cwd() / name})


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def visible(settings: Settings) -> list[str]:
    return sorted(path.name for path in settings.home.iterdir()) if settings.home.exists() else []


def test_what_was_copied_comes_back_as_it_was(home: Settings, tmp_path: Path) -> None:
    taken = backup(home, tmp_path / "copy", tmp_path / "keys")
    assert taken.keys == 1
    new = empty(home)
    restore(new, tmp_path / "copy", tmp_path / "keys")
    kept = ("landing/", "input/", "outcomes/", "releases/", "secrets/")
    before = {p: c for p, c in everything(home.home).items() if p.startswith(kept)}
    assert {p: c for p, c in everything(new.home).items() if p.startswith(kept)} == {
        path: content for path, content in before.items() if "/.lock" not in path
    }
    assert new.current.resolve() == new.release_folder / "one.duckdb"
    served = [settings.current.resolve().stat() for settings in (home, new)]
    assert served[0].st_mtime_ns == served[1].st_mtime_ns
    assert stat.S_IMODE(served[1].st_mode) == 0o444
    assert stat.S_IMODE(new.landing.stat().st_mode) == 0o700
    assert extract_domain(new, "calls", DAY).status == "ok"
    assert len(landing.input_batches(new)) == 1


def test_keys_are_copied_only_when_asked_apart_and_for_the_owner_alone(
    home: Settings, tmp_path: Path
) -> None:
    secret = (home.home / "secrets" / "pii.key").read_bytes().strip()
    backup(home, tmp_path / "plain")
    backup(home, tmp_path / "copy", tmp_path / "keys")
    for folder in ("plain", "copy"):
        assert not any(secret in content for content in everything(tmp_path / folder).values())
    assert (tmp_path / "keys" / "pii.key").read_bytes() == secret
    assert {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "keys").iterdir()} == {0o600}
    for folder in ("keys", "copy"):
        assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700
    with pytest.raises(BackupError, match="keys lie apart"):
        backup(home, tmp_path / "third", tmp_path / "third" / "keys")


def test_without_its_key_nothing_is_restored_unless_said_so(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = (home.home / "secrets" / "pii.key").read_text().strip()
    backup(home, tmp_path / "copy")
    with pytest.raises(BackupError, match="--keys"):
        restore(empty(home), tmp_path / "copy")
    assert visible(empty(home)) == []
    restore(empty(home, "keyless"), tmp_path / "copy", without_key=True)
    monkeypatch.setenv("THROUGHLINE_PII_KEY", "k" * 40)
    with pytest.raises(BackupError, match="becomes a stranger"):
        restore(empty(home), tmp_path / "copy")
    monkeypatch.setenv("THROUGHLINE_PII_KEY", secret)
    restore(empty(home), tmp_path / "copy")


def test_keys_of_another_backup_are_refused(home: Settings, tmp_path: Path) -> None:
    backup(home, tmp_path / "copy", tmp_path / "keys")
    backup(home, tmp_path / "other", tmp_path / "other_keys")
    with pytest.raises(BackupError, match="saved with another backup"):
        restore(empty(home), tmp_path / "copy", tmp_path / "other_keys")
    assert visible(empty(home)) == []


def test_one_flipped_byte_anywhere_is_refused_and_nothing_is_seen(
    home: Settings, tmp_path: Path
) -> None:
    backup(home, tmp_path / "copy")
    files = [path for path in (tmp_path / "copy").rglob("*") if path.is_file()]
    assert {LISTING, "one.duckdb", "accepted.parquet", "manifest.json", "calls.json"} <= {
        path.name for path in files
    }
    for path in files:
        good = path.read_bytes()
        path.write_bytes(flipped(good))
        with pytest.raises(BackupError, match=path.name):
            restore(empty(home), tmp_path / "copy", without_key=True)
        assert visible(empty(home)) == [], path
        path.write_bytes(good)
    restore(empty(home), tmp_path / "copy", without_key=True)


def flipped(content: bytes) -> bytes:
    """The content with one bit of its middle byte turned."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def test_a_lost_file_and_a_backup_that_did_not_end_are_refused(
    home: Settings, tmp_path: Path
) -> None:
    backup(home, tmp_path / "copy")
    next((tmp_path / "copy").rglob("accepted.parquet")).unlink()
    with pytest.raises(BackupError, match=r"accepted.parquet is missing; nothing was restored"):
        restore(empty(home), tmp_path / "copy", without_key=True)
    (tmp_path / "copy" / LISTING).unlink()
    with pytest.raises(BackupError, match="one that did not end"):
        restore(empty(home), tmp_path / "copy", without_key=True)


def test_a_list_that_leads_outside_is_refused(home: Settings, tmp_path: Path) -> None:
    from throughline.backup.listing import Entry, write_listing

    backup(home, tmp_path / "copy")
    listing = read_listing(tmp_path / "copy")
    evil = Entry("home/../../evil", 0, "", 0, 0o600)
    fields = {**vars(listing), "files": (*listing.files, evil)}
    write_listing(tmp_path / "copy", type(listing)(**fields))
    with pytest.raises(BackupError, match="lies outside"):
        restore(empty(home), tmp_path / "copy", without_key=True)


def test_a_home_that_holds_anything_is_left_alone(home: Settings, tmp_path: Path) -> None:
    backup(home, tmp_path / "copy")
    before = everything(home.home)
    with pytest.raises(BackupError, match=r"is not empty .* move it aside"):
        restore(home, tmp_path / "copy", without_key=True)
    assert everything(home.home) == before
    new = empty(home)
    (new.home / "landing" / "bare").mkdir(parents=True)
    restore(new, tmp_path / "copy", without_key=True)
    assert new.current.exists()


def test_a_folder_in_use_or_in_the_home_is_no_place_for_a_backup(
    home: Settings, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(BackupError, match="is not empty"):
        backup(home, tmp_path / "full")
    with pytest.raises(BackupError, match="would be lost with it"):
        backup(home, home.home / "copy")
    with pytest.raises(BackupError, match="there is no home"):
        backup(empty(home), tmp_path / "copy")


def test_a_batch_that_rotted_before_is_copied_and_named(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [rotten] = home.landing.rglob("calls_*.csv")
    rotten.write_bytes(flipped(rotten.read_bytes()))
    said = CliRunner().invoke(cli.commands, ["backup", "--to", str(tmp_path / "copy")])
    assert said.exit_code == 1
    assert "damaged before it was copied: home/landing/phones/calls/" in said.output
    assert read_listing(tmp_path / "copy").damaged != ()


def test_a_landed_file_whose_name_begins_with_a_dot_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = case.make_settings(tmp_path)
    calls = {"way": "files", "path": "{home}/drop/.calls_{date}_{until}.csv", "format": "csv"}
    case.write_source(settings, streams={"calls": calls})
    case.drop(settings, f".calls_{DAY}_{DAY}.csv", case.call_lines(*CALLS))
    assert extract_domain(settings, "calls", DAY).status == "ok"
    [manifest] = landing.landed(settings, "phones", "calls")
    (manifest.folder(settings) / ".manifest.json.77").write_text("a draft of a killed process")
    backup(settings, tmp_path / "copy")
    new = empty(settings)
    restore(new, tmp_path / "copy", without_key=True)
    landing.verify(new, manifest)
    assert not (manifest.folder(new) / ".manifest.json.77").exists()


def test_a_release_that_rotted_before_is_copied_and_named(home: Settings, tmp_path: Path) -> None:
    release = home.current.resolve()
    release.chmod(0o644)
    release.write_bytes(b"rotten" + release.read_bytes()[6:4096])
    assert backup(home, tmp_path / "copy").damaged == ("home/releases/one.duckdb",)


def test_a_disk_without_room_is_blamed_and_not_the_backup(home: Settings, tmp_path: Path) -> None:
    release = home.current.resolve()
    with no_file_over(100_000), pytest.raises(BackupError, match=f"{release} cannot be copied to"):
        backup(home, tmp_path / "short")
    with pytest.raises(BackupError, match="one that did not end"):
        restore(empty(home), tmp_path / "short", without_key=True)
    backup(home, tmp_path / "copy")
    with no_file_over(100_000), pytest.raises(BackupError, match=r"File too large.* make room"):
        restore(empty(home), tmp_path / "copy", without_key=True)
    assert visible(empty(home)) == []
    restore(empty(home), tmp_path / "copy", without_key=True)


@contextmanager
def no_file_over(size: int) -> Iterator[None]:
    """Let writing a file larger than that fail, as on a disk without room."""
    known = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, known[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, known)


def test_a_home_in_the_backup_itself_is_refused(home: Settings, tmp_path: Path) -> None:
    backup(home, tmp_path / "copy")
    with pytest.raises(BackupError, match="would lie in the backup"):
        restore(empty(home, "copy/new"), tmp_path / "copy", without_key=True)
    assert not (tmp_path / "copy" / "new").exists()


def test_a_manifest_that_rotted_before_is_copied_and_named(home: Settings, tmp_path: Path) -> None:
    [rotten] = home.landing.glob("*/*/*/manifest.json")
    rotten.write_text(rotten.read_text()[:60])
    taken = backup(home, tmp_path / "copy")
    name = f"home/{rotten.relative_to(home.home).as_posix()}"
    assert taken.damaged == (name,)
    assert (tmp_path / "copy" / name).read_bytes() == rotten.read_bytes()


def test_keys_that_rotted_are_refused_and_nothing_is_restored(
    home: Settings, tmp_path: Path
) -> None:
    backup(home, tmp_path / "copy", tmp_path / "keys")
    (tmp_path / "keys" / "keys.json").write_text("")
    with pytest.raises(DamagedError, match=r"keys\.json is damaged"):
        restore(empty(home), tmp_path / "copy", tmp_path / "keys")
    assert visible(empty(home)) == []


def test_a_state_database_with_other_incidents_is_not_touched(
    home: Settings, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
    report(home)
    backup(home, tmp_path / "copy")
    with pytest.raises(BackupError, match="holds 2 incidents already"):
        report(home, subject="another")
        restore(empty(home), tmp_path / "copy", without_key=True)
    assert visible(empty(home)) == []
    assert len(rows(home, "select from throughline.incidents")) == 2


def test_a_backup_without_its_database_says_what_to_start(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_STATE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(BackupError, match="does not answer"):
        backup(home, tmp_path / "copy")


def test_the_embedded_database_travels_with_its_home_also_while_the_stack_is_down(
    home: Settings, tmp_path: Path
) -> None:
    try:
        postgres.start(home)
        report(home)
    finally:
        processes.stop_all(home)
    backup(home, tmp_path / "copy")
    assert not postgres.is_running(home)
    new = empty(home)
    restore(new, tmp_path / "copy", without_key=True)
    assert not postgres.is_running(new)
    try:
        postgres.start(new)
        assert rows(new, "select subject from throughline.incidents") == [("lead.leads",)]
        report(new, subject="a new one")
        assert rows(new, "select max(incident_id) from throughline.incidents") > [(1,)]
    finally:
        processes.stop_all(new)


def test_copies_taken_while_extracts_run_hold_whole_batches_and_what_they_were_made_of(
    home: Settings, tmp_path: Path
) -> None:
    days = [date(2026, 3, day) for day in range(3, 9)]
    for day in days:
        lines = [f"D{day}-{n},out,1380013{n:04d},{day}T10:00:00,no_answer" for n in range(200)]
        case.drop(home, f"calls_{day}_{day}.csv", case.call_lines(*lines))
    child = os.fork()
    if child == 0:
        done = all([extract_domain(home, "calls", day).status == "ok" for day in days])
        os._exit(0 if done else 1)
    counts, number, ended = [], 0, 0
    while not ended and number < 200:
        number += 1
        ended, status = os.waitpid(child, os.WNOHANG)
        backup(home, tmp_path / f"copy{number}")
        counts.append(check_copy(empty(home, f"new{number}"), tmp_path / f"copy{number}"))
    assert os.waitstatus_to_exitcode(status) == 0
    assert counts == sorted(counts)
    assert counts[-1] == 1 + len(days)


def check_copy(new: Settings, copy: Path) -> int:
    """Restore a copy; everything that is spoken of is there and whole. Returns its batches."""
    restore(new, copy, without_key=True)
    assert read_listing(copy).damaged == ()
    landed = {f"calls/{m.batch}": m for m in landing.landed(new, "phones", "calls")}
    for manifest in landed.values():
        landing.verify(new, manifest)
    batches = {batch.batch_id: batch for batch in landing.input_batches(new)}
    assert {part for batch in batches.values() for part in batch.landing} <= set(landed)
    for path in new.outcomes.glob("*/*.json"):
        said = json.loads(path.read_text())
        assert {batches[name].status for name in said["batches"]} == {"passed"}
    return len(batches)


def test_the_commands_say_what_they_did(home: Settings, tmp_path: Path, monkeypatch) -> None:
    runner = CliRunner()
    copy, keys = str(tmp_path / "copy"), str(tmp_path / "keys")
    said = runner.invoke(cli.commands, ["backup", "--to", copy, "--keys", keys])
    assert said.exit_code == 0, said.output
    assert "1 keys in" in said.output
    monkeypatch.setenv("THROUGHLINE_HOME", str(tmp_path / "new"))
    said = runner.invoke(cli.commands, ["restore", "--from", copy, "--keys", keys])
    assert said.exit_code == 0, said.output
    assert "served: one" in said.output
    assert load_settings().current.resolve().name == "one.duckdb"
