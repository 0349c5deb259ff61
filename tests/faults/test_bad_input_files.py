import gzip
import hashlib
import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import ingest_case as case
from throughline.conform import conform, find_parts
from throughline.connect.files import land_files
from throughline.errors import ConformError, SourceError
from throughline.landing import landed

pytestmark = pytest.mark.corrupt_load

DAY = "calls_2026-03-01.csv"
GOOD = case.call_lines(*(f"{n},in,13800138000,2026-03-01 10:00:00,missed" for n in range(200)))


def stream(**keys: object) -> dict[str, object]:
    given = {"way": "files", "path": "{home}/drop/calls_{date}.csv", "format": "csv", **keys}
    return {"calls": given}


def land(tmp_path: Path, content: bytes, name: str = DAY, **keys: object):
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings, streams=stream(**keys))
    case.drop(settings, name, content)
    return settings, source, land_files(settings, source, "calls", case.NIGHT)


def assert_refused(tmp_path: Path, content: bytes, said: str, **keys: object) -> None:
    settings, _, landing = land(tmp_path, content, **keys)
    assert landing.new == ()
    assert len(landing.errors) == 1 and said in landing.errors[0]
    assert landed(settings, "phones", "calls") == []


def test_bad_input_cut_in_a_row_is_refused_at_every_byte_of_the_last_row(tmp_path: Path) -> None:
    content = GOOD.encode()
    for number, end in enumerate(range(len(content) - 30, len(content))):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert_refused(folder, content[:end], "may be cut")


def test_bad_input_cut_json_array_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    whole = json.dumps([{"id": "1", "x": [1]}, {"id": "2"}], indent=1).encode()
    for end in range(len(whole)):
        folder = tmp_path / str(end)
        folder.mkdir()
        _, _, landing = land(folder, whole[:end], format="json")
        assert landing.new == () and len(landing.errors) == 1, whole[:end]


def test_bad_input_cut_gzip_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    content = gzip.compress(GOOD.encode(), mtime=0)
    path = {"path": "{home}/drop/calls_{date}.csv.gz"}
    for number, end in enumerate(range(10, len(content), 97)):
        folder = tmp_path / str(number)
        folder.mkdir()
        settings = case.make_settings(folder)
        source = case.write_source(settings, streams=stream(**path))
        case.drop(settings, DAY + ".gz", content[:end])
        landing = land_files(settings, source, "calls", case.NIGHT)
        assert landing.new == () and "not a whole gzip file" in landing.errors[0]


def test_bad_input_flipped_byte_in_a_gzip_is_refused(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(GOOD.encode(), mtime=0))
    content[len(content) // 2] ^= 1
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings, streams=stream(path="{home}/drop/calls_{date}.csv.gz"))
    case.drop(settings, DAY + ".gz", bytes(content))
    assert land_files(settings, source, "calls", case.NIGHT).new == ()


def test_bad_input_control_file_catches_a_cut_at_a_row_end_and_a_flipped_byte(
    tmp_path: Path,
) -> None:
    digest = hashlib.sha256(GOOD.encode()).hexdigest()
    cut = GOOD[: GOOD.index("\n100,") + 1].encode()
    flipped = GOOD.replace("13800138000", "13800138001", 1).encode()
    for name, content in (("cut", cut), ("flipped", flipped)):
        folder = tmp_path / name
        folder.mkdir()
        settings = case.make_settings(folder)
        source = case.write_source(settings, streams=stream(control="sha256"))
        case.drop(settings, DAY, content)
        case.drop(settings, DAY + ".sha256", f"{digest}  {DAY}\n")
        landing = land_files(settings, source, "calls", case.NIGHT)
        assert landing.new == () and "its control file says" in landing.errors[0]
        case.drop(settings, DAY, GOOD)
        assert len(land_files(settings, source, "calls", case.NIGHT).new) == 1


def test_bad_input_without_its_control_file_is_not_ready_and_not_loaded(tmp_path: Path) -> None:
    settings, source, landing = land(tmp_path, GOOD.encode(), control="sha256")
    assert (landing.new, landing.errors, landing.not_ready) == ((), (), (DAY,))
    digest = hashlib.sha256(GOOD.encode()).hexdigest()
    case.drop(settings, DAY + ".sha256", f"{digest}  {DAY}\n")
    assert len(land_files(settings, source, "calls", case.NIGHT).new) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"id,direction,phone,start_at,outcome\n", "hold no row"),
        (GOOD.encode("utf-16"), "cannot be read"),
        ("id,city\n1,M\xfcnchen\n".encode("latin-1"), "cannot be read"),
        (b"id,ID\n1,2\n", "doubled names"),
        (b"id,,x\n1,2,3\n", "empty"),
        (b"id,_row\n1,2\n", "reserved"),
    ],
)
def test_bad_input_is_refused_with_a_reason(tmp_path: Path, content: bytes, said: str) -> None:
    assert_refused(tmp_path, content, said)


def test_bad_input_of_both_line_ends_that_is_no_utf8_further_on_is_refused(tmp_path: Path) -> None:
    content = GOOD.encode().replace(b"\n", b"\r\n", 1) * 2 + "M\xfcnchen\n".encode("latin-1")
    assert_refused(tmp_path, content, f"{DAY} is no table of cells: 'utf-8' codec")


def test_bad_input_declared_column_missing_from_the_header_is_named(tmp_path: Path) -> None:
    assert_refused(tmp_path, b"id,x\n1,2\n", "declared columns ['phone']", columns=["id", "phone"])


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_bad_input_json_with_a_byte_order_mark_is_read(tmp_path: Path, kind: str) -> None:
    settings = case.make_settings(tmp_path)
    sql = "select a._file, a._row, record->>'id' as account_id, 'x' as name from a"
    streams = {"a": {"way": "files", "path": "{home}/drop/a", "format": kind}}
    source = case.write_source(settings, streams=streams, mappings={"account": sql})
    content = '{"id": "1"}\n{"id": "2"}\n' if kind == "jsonl" else '[{"id": "1"}, {"id": "2"}]'
    case.drop(settings, "a", content.encode("utf-8-sig"))
    (batch,) = case.take(settings, source)
    assert (batch.rows, batch.rejected) == (2, 0)


def test_bad_input_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    settings, source, landing = land(tmp_path, b"\xef\xbb\xbf" + GOOD.encode())
    assert landing.new[0].schema[0] == "id"
    (parts,) = find_parts(settings, source, "cdr", case.NIGHT)[0]
    assert conform(settings, parts).rows == 200


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "latin-1"])
def test_bad_input_declared_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    city = "Zürich" if encoding == "latin-1" else "乌鲁木齐"
    settings = case.make_settings(tmp_path)
    sql = "select a._file, a._row, id as account_id, id as name, city from a"
    streams = {
        "a": {"way": "files", "path": "{home}/drop/a.csv", "format": "csv", "encoding": encoding}
    }
    source = case.write_source(settings, streams=streams, mappings={"account": sql})
    case.drop(settings, "a.csv", f"id,city\n1,{city}\n".encode(encoding))
    (batch,) = case.take(settings, source)
    assert case.rows(batch.path, "city") == [(city,)]


def test_bad_input_row_with_too_few_or_many_cells_is_rejected_and_counted(tmp_path: Path) -> None:
    lines = [
        "1,in,x,2026-03-01 10:00:00,missed",
        "2,in",
        "3,in,x,2026-03-01 10:00:00,missed,extra",
        "4,in,x,2026-03-01 10:00:00,missed",
    ]
    settings, source, landing = land(tmp_path, case.call_lines(*lines).encode())
    assert landing.new[0].rows == 4
    (parts,) = find_parts(settings, source, "cdr", case.NIGHT)[0]
    batch = conform(settings, parts)
    assert (batch.rows_read, batch.rows, batch.rejected) == (4, 2, 2)
    assert case.rows(batch.rejected_path, "_row, reasons") == [
        (2, ["row_shape"]),
        (3, ["row_shape"]),
    ]


@pytest.mark.parametrize("header", [True, False])
def test_bad_input_rejected_row_is_named_by_its_place_in_the_file(
    tmp_path: Path, header: bool
) -> None:
    good = "{},in,x,2026-03-01 10:00:00,missed"
    lines = [good, "{}", '{},"i"n,x', good, good, "{},a,b", good]
    late = case.call_lines(*(line.format(n) for n, line in enumerate(lines, 1)))
    content = late.replace("4,in", "4,up").replace("7,in", "7,up")
    names = content.partition("\n")[0].split(",")
    keys = {} if header else {"header": False, "columns": names}
    content = content if header else content.partition("\n")[2]
    settings, source, _ = land(tmp_path, content.encode(), **keys)
    (parts,) = find_parts(settings, source, "cdr", case.NIGHT)[0]
    assert case.rows(conform(settings, parts).rejected_path, "_row, reasons") == [
        (2, ["row_shape"]),
        (3, ["row_shape"]),
        (4, ["value:direction"]),
        (6, ["row_shape"]),
        (7, ["value:direction"]),
    ]


@pytest.mark.parametrize("closed", [False, True])
def test_bad_input_quote_that_takes_further_rows_is_refused(tmp_path: Path, closed: bool) -> None:
    # Rows 100 to 199, or 100 to 150, would be one cell, and count as one row that is rejected.
    content = GOOD.replace("\n100,in,", '\n100,"in,')
    if closed:
        content = content.replace("\n150,in,", '\n150,"in,')
    assert_refused(tmp_path, content.encode(), "a quote opened in line 102")


def test_bad_input_quote_that_ends_wrongly_in_its_line_costs_one_row(tmp_path: Path) -> None:
    content = GOOD.replace("\n100,in,", '\n100,"in"x,')
    settings, source, _ = land(tmp_path, content.encode())
    (parts,) = find_parts(settings, source, "cdr", case.NIGHT)[0]
    batch = conform(settings, parts)
    assert (batch.rows, batch.reasons) == (199, {"row_shape": 1})


def test_bad_input_missing_column_names_stream_and_column(tmp_path: Path) -> None:
    content = b"id,direction,phone,start_at\n1,in,x,2026-03-01 10:00:00\n"
    settings, source, landing = land(tmp_path, content)
    assert len(landing.new) == 1
    (parts,) = find_parts(settings, source, "cdr", case.NIGHT)[0]
    with pytest.raises(ConformError, match=r"\"outcome\".*stream calls has id, direction, phone"):
        conform(settings, parts)


def test_bad_input_added_column_is_kept_and_stops_nothing(tmp_path: Path) -> None:
    settings, source, first = land(tmp_path, GOOD.encode())
    wider = GOOD.replace("outcome\n", "outcome,extra\n").replace("missed\n", "missed,1\n")
    case.drop(settings, "calls_2026-03-02.csv", wider)
    second = land_files(settings, source, "calls", case.NIGHT)
    assert second.new[0].fingerprint != first.new[0].fingerprint
    ready, _ = find_parts(settings, source, "cdr", case.NIGHT)
    assert [conform(settings, parts).rows for parts in ready] == [200, 200]


def test_bad_input_cut_parquet_is_refused(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    streams = {
        "calls": {"way": "files", "path": "{home}/drop/calls_{date}.parquet", "format": "parquet"}
    }
    source = case.write_source(settings, streams=streams)
    path = settings.home / "drop" / "calls_2026-03-01.parquet"
    pq.write_table(pa.table({"id": list(range(1000))}), path)
    path.write_bytes(path.read_bytes()[:-20])
    landing = land_files(settings, source, "calls", case.NIGHT)
    assert landing.new == () and "cannot be read" in landing.errors[0]


def test_bad_input_one_broken_file_does_not_stop_the_other_days(tmp_path: Path) -> None:
    settings, source, _ = land(tmp_path, GOOD.encode()[:-5])
    case.drop(settings, "calls_2026-03-02.csv", GOOD)
    landing = land_files(settings, source, "calls", case.NIGHT)
    assert [manifest.window for manifest in landing.new] == ["2026-03-02"]
    assert len(landing.errors) == 1


def changed(folder: Path) -> None:
    path = folder / DAY
    path.write_bytes(path.read_bytes().replace(b"13800138000", b"13800138001", 1))


def swapped(folder: Path) -> None:
    (folder / DAY).write_text(GOOD.replace("missed", "answer"), encoding="utf-8")


def renamed(folder: Path) -> None:
    (folder / DAY).rename(folder / "other.csv")


def added(folder: Path) -> None:
    (folder / "second.csv").write_text(GOOD, encoding="utf-8")


@pytest.mark.parametrize("harm", [changed, swapped, renamed, added])
def test_bad_input_landed_file_that_is_not_the_one_of_the_manifest_is_noticed(
    tmp_path: Path, harm
) -> None:
    settings, source, landing = land(tmp_path, GOOD.encode())
    harm(landing.new[0].folder(settings))
    (parts,) = find_parts(settings, source, "cdr", case.NIGHT)[0]
    with pytest.raises(SourceError, match="extract the batch again"):
        conform(settings, parts)


def test_bad_input_duplicate_file_under_another_date_is_landed_and_told(tmp_path: Path) -> None:
    settings, source, first = land(tmp_path, GOOD.encode())
    case.drop(settings, "calls_2026-03-02.csv", GOOD)
    (second,) = land_files(settings, source, "calls", case.NIGHT).new
    assert second.window == "2026-03-02"
    assert second.duplicate_of == first.new[0].batch


def test_bad_input_date_that_does_not_exist_is_told(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings, streams=stream())
    case.drop(settings, "calls_2026-02-30.csv", GOOD)
    taken = land_files(settings, source, "calls", date(2026, 3, 31))
    (error,) = taken.errors
    assert taken.new == () and "calls_2026-02-30.csv: matches" in error


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("far", [0, 100_000])
def test_bad_input_with_both_kinds_of_line_ends_is_read_whole(
    tmp_path: Path, packed: bool, far: int
) -> None:
    filler = b"".join(b"x%06d,filler\n" % n for n in range(far))
    content = b"id,name\n" + filler + b'1,a\r\n2,"b\r\nc"\n3,d\r\n4,"e\rf"\n'
    settings = case.make_settings(tmp_path)
    sql = "select a._file, a._row, id as account_id, name from a"
    streams = {"a": {"way": "files", "path": "{home}/drop/a.csv*", "format": "csv"}}
    source = case.write_source(settings, streams=streams, mappings={"account": sql})
    case.drop(
        settings, "a.csv.gz" if packed else "a.csv", gzip.compress(content) if packed else content
    )
    (batch,) = case.take(settings, source)
    assert batch.rows == 4 + far
    assert case.rows(batch.path, "account_id, name")[:4] == [
        ("1", "a"),
        ("2", "b\r\nc"),
        ("3", "d"),
        ("4", "e\rf"),
    ]
