from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import ingest_case as case
from throughline.connect.files import land_files
from throughline.errors import DamagedError, SourceError, ThroughlineError
from throughline.extract import extract_domain
from throughline.landing import (
    Outcome,
    connected_entities,
    input_batches,
    landed,
    live_batches,
    newest_verdict,
    read_outcome,
    set_verdict,
    verify,
    write_outcome,
)

ONE = case.call_lines("1,in,13800138000,2026-03-01 10:00:00,missed")
TWO = case.call_lines(
    "1,in,13800138000,2026-03-01 10:00:00,missed", "2,in,13800138000,2026-03-01 11:00:00,missed"
)
D1, D2 = date(2026, 3, 1), date(2026, 3, 2)


def test_landing_same_day_twice_keeps_one_copy(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings)
    path = case.drop(settings, "calls_2026-03-01.csv", ONE)
    assert len(land_files(settings, source, "calls", D1).new) == 1
    assert land_files(settings, source, "calls", D1).new == ()
    path.touch()
    assert land_files(settings, source, "calls", D2).new == ()
    assert len(landed(settings, "phones", "calls")) == 1


@pytest.mark.parametrize("content", ["", '{"source": "phones", "str', "[]", "\x00"])
def test_a_damaged_manifest_is_named_and_hides_no_batch(tmp_path: Path, content: str) -> None:
    settings = case.make_settings(tmp_path)
    case.write_source(settings)
    case.drop(settings, "calls_2026-03-01.csv", ONE)
    assert extract_domain(settings, "calls", D1).status == "ok"
    for folder in (settings.landing / "phones" / "calls", settings.input / "cdr"):
        [manifest] = folder.glob("*/manifest.json")
        before = manifest.read_text()
        manifest.write_text(content)
        with pytest.raises(DamagedError, match=f"{manifest} is damaged .* from a backup"):
            extract_domain(settings, "calls", D2)
        manifest.write_text(before)
    assert extract_domain(settings, "calls", D2).status == "ok"


def test_landing_keeps_the_file_byte_by_byte(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings)
    content = "\ufeff" + ONE.replace("\n", "\r\n")
    case.drop(settings, "calls_2026-03-01.csv", content)
    (manifest,) = land_files(settings, source, "calls", D1).new
    copy = manifest.folder(settings) / "calls_2026-03-01.csv"
    assert copy.read_bytes() == content.encode()
    assert (manifest.rows, manifest.files[0].bytes) == (1, len(content.encode()))


def test_landing_waits_for_the_end_of_the_window(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings)
    case.drop(settings, "calls_2026-03-01_2026-03-02.csv", ONE)
    assert land_files(settings, source, "calls", D1).new == ()
    (manifest,) = land_files(settings, source, "calls", D2).new
    assert (manifest.window, manifest.as_of) == ("2026-03-01_2026-03-02", D2)


def test_landing_several_files_of_a_window_are_one_batch(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    streams = {"calls": {"way": "files", "path": "{home}/drop/{date}/part*.csv", "format": "csv"}}
    source = case.write_source(settings, streams=streams)
    (settings.home / "drop" / "2026-03-01").mkdir()
    case.drop(settings, "2026-03-01/part1.csv", ONE)
    case.drop(settings, "2026-03-01/part2.csv", TWO)
    (batch,) = case.take(settings, source)
    assert batch.rows == 3


@pytest.mark.parametrize("name", ["manifest.json", "earlier.json", "emptied.json"])
def test_landing_file_named_like_one_of_its_own_is_kept_beside_it(
    tmp_path: Path, name: str
) -> None:
    settings = case.make_settings(tmp_path)
    stream = {"way": "files", "path": "{home}/drop/{date}/*.json", "format": "json"}
    mapping = "select _file, _row, record->>'id' as account_id, 'x' as name from a"
    source = case.write_source(settings, streams={"a": stream}, mappings={"account": mapping})
    (settings.home / "drop" / "2026-03-01").mkdir()
    case.drop(settings, f"2026-03-01/{name}", '[{"id": "1"}]\n')
    case.drop(settings, "2026-03-01/part1.json", '[{"id": "2"}]\n')
    (batch,) = case.take(settings, source)
    assert batch.rows == 2


def test_landing_split_shuffled_or_doubled_gives_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_PII_KEY", "k")
    lines = [f"{n},in,1380013800{n},2026-03-01 10:00:0{n},missed" for n in range(9)]
    layouts = [[lines], [lines[::-1]], [lines[:3], lines[3:5], lines[5:]]]
    found = []
    for number, parts in enumerate(layouts):
        folder = tmp_path / str(number)
        folder.mkdir()
        settings = case.make_settings(folder)
        path = "{home}/drop/calls_{date}_*.csv"
        source = case.write_source(
            settings, streams={"calls": {"way": "files", "path": path, "format": "csv"}}
        )
        for part, content in enumerate(parts):
            case.drop(settings, f"calls_2026-03-01_{part}.csv", case.call_lines(*content))
        (batch,) = case.take(settings, source)
        assert case.take(settings, source) == [batch]
        found.append(case.rows(batch.path, "* exclude (_batch_id, _loaded_at)"))
    assert found[0] == found[1] == found[2]


def test_landing_newer_content_of_a_window_supersedes(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings)
    case.drop(settings, "calls_2026-03-01.csv", ONE)
    (first,) = case.take(settings, source, D1)
    set_verdict(settings, first.batch_id, "passed", "gate", "all passed")
    case.drop(settings, "calls_2026-03-01.csv", TWO)
    (second,) = case.take(settings, source, D2)
    assert live_batches(settings, D2)[0].batch_id == first.batch_id
    set_verdict(settings, second.batch_id, "passed", "gate", "all passed")
    assert [b.batch_id for b in live_batches(settings, D1)] == [first.batch_id]
    assert [b.batch_id for b in live_batches(settings, D2)] == [second.batch_id]


def test_landing_window_that_comes_back_to_what_it_held_counts_as_it_is_now(
    tmp_path: Path,
) -> None:
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings)
    nights = [date(2026, 3, day) for day in (1, 2, 3, 4)]
    for content, night in zip((ONE, TWO, ONE, ONE), nights, strict=True):
        case.drop(settings, "calls_2026-03-01.csv", content)
        for batch in case.take(settings, source, night):
            set_verdict(settings, batch.batch_id, "passed", "gate", "all passed")
    live = [live_batches(settings, night)[0] for night in nights]
    assert [batch.rows for batch in live] == [1, 2, 1, 1]
    assert len({batch.batch_id for batch in live}) == 3
    assert live[2] == live[3]
    assert [m.returned for m in landed(settings, "phones", "calls")] == [0, 0, 1]


def test_landing_withdrawn_batch_brings_back_the_one_before(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings)
    for content, night in ((ONE, D1), (TWO, D2)):
        case.drop(settings, "calls_2026-03-01.csv", content)
        for batch in case.take(settings, source, night):
            set_verdict(settings, batch.batch_id, "passed", "gate", "all passed")
    first, second = input_batches(settings)
    set_verdict(settings, second.batch_id, "withdrawn", "anna", "wrong export")
    assert live_batches(settings, D2) == [first]


def test_landing_verdicts_are_kept_and_the_newest_counts(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings)
    case.drop(settings, "calls_2026-03-01.csv", ONE)
    (batch,) = case.take(settings, source)
    assert (batch.status, newest_verdict(batch)) == ("landed", None)
    set_verdict(settings, batch.batch_id, "held", "gate", "volume", [{"expectation": "rows"}])
    set_verdict(settings, batch.batch_id, "passed", "anna", "checked by hand")
    (now,) = input_batches(settings, entity="cdr")
    assert now.status == "passed"
    assert sorted(path.name for path in (now.folder / "verdicts").iterdir()) == [
        "001-held.json",
        "002-passed.json",
    ]
    assert newest_verdict(now)["by"] == "anna"


def test_landing_verdict_on_nothing_is_an_error(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    with pytest.raises(ThroughlineError, match="there is no batch"):
        set_verdict(settings, "a.cdr.snapshot.000000000000", "passed", "anna", "")
    with pytest.raises(ThroughlineError, match="there is no batch"):
        set_verdict(settings, "../../x", "passed", "anna", "")
    with pytest.raises(ThroughlineError, match="is none of passed"):
        set_verdict(settings, "a.cdr.snapshot.000000000000", "superseded", "anna", "")


def test_landing_folder_without_manifest_does_not_exist(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings)
    case.drop(settings, "calls_2026-03-01.csv", ONE)
    (batch,) = case.take(settings, source)
    (batch.folder / "manifest.json").unlink()
    assert input_batches(settings) == []
    (again,) = case.take(settings, source)
    assert again.batch_id == batch.batch_id


def test_landing_document_that_a_kill_left_half_written_spoils_no_batch(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings)
    case.drop(settings, "calls_2026-03-01.csv", ONE)
    land_files(settings, source, "calls", case.NIGHT)
    (manifest,) = landed(settings, "phones", "calls")
    (manifest.folder(settings) / ".earlier.json.4711").write_text('{"as')
    verify(settings, manifest)
    (manifest.folder(settings) / ".calls.csv").touch()
    with pytest.raises(SourceError, match=r"not in the manifest \['.calls.csv'\]"):
        verify(settings, manifest)


def test_landing_stream_that_never_delivered_is_an_error(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings)
    with pytest.raises(SourceError, match=r"phones\.calls: no file matches"):
        land_files(settings, source, "calls", D1)


def test_landing_outcome_is_read_as_written(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    assert read_outcome(settings, "crm", D1) is None
    outcome = Outcome("crm", D1, "held", "one batch", ["a", "b"], datetime.now(UTC))
    write_outcome(settings, outcome)
    assert read_outcome(settings, "crm", D1) == outcome


def test_landing_connected_entities_are_those_of_the_source_folders(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    assert connected_entities(settings) == set()
    case.write_source(settings)
    assert connected_entities(settings) == {"cdr"}
