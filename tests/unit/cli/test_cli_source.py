"""`throughline source`: list, test, preview, add; a look that leaves nothing behind."""

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import yaml
from pytest_httpserver import HTTPServer

import delete_case as deletes
import ingest_case as case
import rest_case as rest
from throughline import scaffold
from throughline.connect.files import land_files
from throughline.contracts import load_contracts
from throughline.preview import preview_files
from throughline.settings import Settings, load_settings
from throughline.source_folders import load_sources, read_source


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = case.make_settings(tmp_path)
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(settings.config_file))
    return settings


@pytest.fixture
def command(throughline):
    """Run `throughline source …`."""
    return partial(throughline, "source")


def files_below(settings: Settings) -> list[Path]:
    return sorted(path for path in settings.home.rglob("*") if "drop" not in path.parts)


def test_source_list_shows_streams_and_what_was_landed(home: Settings, command) -> None:
    source = case.write_source(home)
    case.drop(home, "calls_2026-03-01.csv", case.call_lines("c1,in,1,2026-03-01 10:00:00,missed"))
    land_files(home, source, "calls", case.NIGHT)
    code, out, _ = command("list")
    assert code == 0
    heading, row = out.splitlines()
    assert heading.split() == "source domain owner stream way entities landed rows".split()
    assert row.split() == "phones calls phones-team calls files cdr 2026-03-02 1".split()


def test_source_test_reads_the_newest_window_and_leaves_nothing_behind(
    home: Settings, command
) -> None:
    case.write_source(home)
    case.drop(home, "calls_2026-03-01.csv", case.call_lines("c1,in,1,2026-03-01 10:00:00,missed"))
    case.drop(
        home, "calls_2026-03-02.csv", case.call_lines(*["c2,in,1,2026-03-02 10:00,missed"] * 2)
    )
    before = files_below(home)
    code, out, _ = command("test", "phones", "--as-of", "2026-03-02")
    assert code == 0
    assert out == "calls: ok, 2 rows of 2026-03-02: id, direction, phone, start_at, outcome\n"
    assert files_below(home) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [("id,direction", "does not end with a line end"), (None, "no file up to 2026-03-02 matches")],
)
def test_source_test_says_exactly_what_is_wrong(
    home: Settings, command, content: str | None, said: str
) -> None:
    case.write_source(home)
    if content is not None:
        case.drop(home, "calls_2026-03-01.csv", content)
    code, out, err = command("test", "phones", "--as-of", "2026-03-02")
    assert code == 1 and out.startswith("calls: FAILED: ") and said in out
    assert "source phones cannot be read" in err


CALL = '{"id": "c1", "direction": "in"}'


@pytest.mark.parametrize(
    ("stream", "content", "said"),
    [
        ("jsonl", [CALL, "no json", "[1]"], "2 of 3 rows are no records: {} row 2 (invalid_json),"),
        ("jsonl", [CALL, '{"id": 1, "id": 2}'], "{} row 2 (duplicate_json_key)"),
        ("json", [f"[{CALL}, 7]"], "1 of 2 rows are no records: {} row 2 (invalid_json)"),
        ("json", [f"[{CALL}, 7 8]"], "{} cannot be read"),
        ("csv", ["id,direction", "c1,in", "c2,in,more"], "{} row 2 (row_shape)"),
        ("parquet", ["PAR1"], "{} cannot be read"),
        ("xlsx", ["PK"], "{} is not a whole Excel workbook"),
    ],
)
def test_source_test_looks_into_the_rows_of_every_format(
    home: Settings, command, stream: str, content: list[str], said: str
) -> None:
    path = f"{{home}}/drop/calls_{{date}}.{stream}"
    case.write_source(home, streams={"calls": {"way": "files", "path": path, "format": stream}})
    name = f"calls_2026-03-01.{stream}"
    case.drop(home, name, "".join(f"{line}\n" for line in content))
    code, out, _ = command("test", "phones", "--as-of", "2026-03-02")
    assert code == 1 and out.startswith("calls: FAILED: ") and said.format(name) in out


def test_source_test_tells_of_broken_rows_that_a_night_bears(home: Settings, command) -> None:
    stream = {"way": "files", "path": "{home}/drop/calls_{date}.jsonl", "format": "jsonl"}
    case.write_source(home, streams={"calls": stream}, reject_limit=0.5)
    case.drop(home, "calls_2026-03-01.jsonl", f"{CALL}\nno json\n")
    code, out, _ = command("test", "phones", "--as-of", "2026-03-02")
    told = "1 of 2 rows are no records: calls_2026-03-01.jsonl row 2 (invalid_json)"
    assert (code, out) == (0, f"calls: ok, 2 rows of 2026-03-01: record; {told}\n")


def test_source_test_of_an_endpoint_reads_one_page_only(
    home: Settings, command, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest.connect(monkeypatch, httpserver)
    api = rest.Api([rest.lead(number) for number in range(50)], size=10)
    rest.serve(httpserver, api)
    rest.source(home)
    code, out, _ = command("test", "vendor", "--as-of", "2026-03-01", "--rows", "5")
    assert (code, out) == (0, "leads: ok, 5 rows of snapshot: record\n")
    assert len(api.asked) == 1 and files_below(home) == []


def test_source_test_of_an_endpoint_tells_what_the_vendor_says(
    home: Settings, command, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest.connect(monkeypatch, httpserver)
    httpserver.expect_request("/leads").respond_with_json({"message": "no such app"}, status=403)
    rest.source(home)
    code, out, _ = command("test", "vendor")
    assert code == 1 and "answered 403: no such app" in out and rest.TOKEN not in out


def test_source_test_of_a_table_reads_as_many_rows_as_asked(
    home: Settings, command, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    monkeypatch.setenv("AIRFLOW_CONN_SHOP", postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("drop table if exists public.visits")
        connection.execute(
            "create table public.visits as select n as id from generate_series(1, 99) n"
        )
    stream = {"way": "database", "connection": "shop", "table": "visits", "key": ["id"]}
    mapping = "select _file, _row, id::text as lead_id from visits"
    case.write_source(home, "shop", {"visits": stream}, {"lead": mapping}, domain="crm")
    code, out, _ = command("test", "shop", "--rows", "7")
    assert (code, out) == (0, "visits: ok, 7 rows of snapshot: id integer\n")


def test_source_list_and_test_show_the_sweep(
    home: Settings, command, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = deletes.vendor("rest", home.config_file.parent, httpserver, monkeypatch, str)
    for number in range(1, 9):
        crm.put(number, deletes.FIRST)
    crm.night(deletes.FIRST)
    crm.drop(2)
    crm.night(deletes.SUNDAY)
    code, out, _ = command("test", "vendor", "--as-of", "2026-03-09", "--rows", "5")
    assert code == 0
    assert out.splitlines()[-1] == "sweep of lead: ok, 5 rows of all keys: lead_id"
    code, out, _ = command("list")
    swept = out.splitlines()[-1].split()
    assert swept[3:] == ["lead_swept", "sweep", "sunday", "lead", "2026-03-08", "1"]


def test_source_test_of_a_sweep_says_what_is_wrong_with_its_keys(
    home: Settings, command, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"lead_id": "no_such_column"}
    crm = deletes.vendor("rest", home.config_file.parent, httpserver, monkeypatch, str, keys=keys)
    crm.put(1, deletes.FIRST)
    crm.show(crm, deletes.FIRST)
    code, out, _ = command("test", "vendor", "--as-of", "2026-03-09")
    assert code == 1
    assert "sweep of lead: FAILED: vendor: entities.lead.sweep.keys does not fit stream" in out


def test_source_preview_shows_accepted_and_rejected_rows_and_lands_nothing(
    home: Settings, command
) -> None:
    case.write_source(home)
    lines = ["c1,in,13800138001,2026-03-01 10:00:00,missed", "c2,in,,2026-02-30 10:00:00,lost"]
    case.drop(home, "calls_2026-03-01.csv", case.call_lines(*lines))
    code, out, _ = command("preview", "phones", "cdr", "--as-of", "2026-03-02")
    assert code == 0
    accepted, rejected = out.split("rejected:\n")
    assert accepted.startswith("accepted (2 rows read, 0 not mapped):\ncall_id  direction")
    assert "\nc1 " in accepted and "\nc2 " not in accepted and "13800138001" not in accepted
    assert rejected.splitlines()[1].split() == (
        "calls_2026-03-01.csv 2 type:start_at, value:outcome".split()
    )
    assert files_below(home) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("preview", "phones", "lead"), "phones delivers no 'lead'; it delivers cdr"),
        (("preview", "nobody", "lead"), "there is no source 'nobody'; there are phones"),
        (("test", "nobody"), "there is no source 'nobody'"),
        (("add", "Bad Name", "--entity", "lead"), "'Bad Name' is not a name in lower case"),
        (("add", "phones", "--entity", "lead"), "is there already"),
        (("add", "more", "--entity", "cat"), "there is no entity 'cat'"),
        (("add", "more", "--pack", "cat"), "there is no pack 'cat'; there are amazon_ads_tables, "),
        (("add", "more"), "give --entity, or --pack: amazon_ads_tables, "),
        (("add", "more", "--pack", "ga4", "--domain", "crm"), "a pack has its --way and --domain"),
        (("add", "more", "--entity", "lead", "--way", "ftp"), "--way is files, database or rest"),
    ],
)
def test_source_command_that_is_wrong_is_one_clear_line(
    home: Settings, command, arguments: tuple[str, ...], said: str
) -> None:
    case.write_source(home)
    code, _, err = command(*arguments)
    assert code == 1 and said in err and len(err.splitlines()) == 1


@pytest.mark.parametrize(("way", "sample"), [("database", "sample.csv"), ("rest", "sample.jsonl")])
def test_source_add_makes_a_folder_that_is_valid(
    home: Settings, command, way: str, sample: str
) -> None:
    assert command("add", "our_crm", "--entity", "lead", "--way", way)[0] == 0
    source = load_sources(load_settings())["our_crm"]
    assert source.streams["lead"].way == way
    found = preview_files(home, source, "lead", {"lead": source.folder / sample})
    assert (len(found.accepted), found.rejected) == (1, [])


def test_source_add_writes_a_test_that_passes_and_fails_with_a_broken_mapping(
    home: Settings, command
) -> None:
    code, out, _ = command("add", "our_crm", "--entity", "lead")
    folder = home.sources_path[0] / "our_crm"
    assert code == 0 and out.startswith(f"{folder}: edit source.yml")
    pytest_run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    ran = subprocess.run(pytest_run, capture_output=True, text=True, timeout=300, cwd=folder)
    assert ran.returncode == 0, ran.stdout
    mapping = folder / "lead.sql"
    mapping.write_text(mapping.read_text().replace("status", "'odd' as status", 1))
    ran = subprocess.run(pytest_run, capture_output=True, text=True, timeout=300, cwd=folder)
    assert ran.returncode == 1 and "value:status" in ran.stdout


def test_source_add_gives_every_entity_a_sample_that_its_contract_accepts(home: Settings) -> None:
    for entity in load_contracts():
        folder = scaffold.add_skeleton(home, f"new_{entity}", entity, "files", "crm", "team")
        source = read_source(folder / "source.yml")
        found = preview_files(home, source, entity, {entity: folder / "sample.csv"})
        assert (len(found.accepted), found.rejected) == (1, []), entity


@pytest.mark.parametrize("pack", scaffold.packs())
def test_source_add_copies_a_pack_that_can_be_read(home: Settings, command, pack: str) -> None:
    assert command("add", "sales", "--pack", pack, "--owner", "on-call: #1")[0] == 0
    source = load_sources(load_settings())["sales"]
    assert source.owner == "on-call: #1"
    assert source.entities and (source.folder / "README.md").is_file()
    given = yaml.safe_load((scaffold.PACKS / pack / "source.yml").read_text(encoding="utf-8"))
    assert given["source"] == pack
