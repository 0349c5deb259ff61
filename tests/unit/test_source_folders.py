from pathlib import Path
from typing import Any

import pytest
import yaml

import ingest_case as case
from throughline.connect.files import land_files
from throughline.errors import ConfigError
from throughline.settings import load_settings
from throughline.source_folders import load_sources


def load_changed(tmp_path: Path, change: dict[str, Any]) -> None:
    settings = case.make_settings(tmp_path)
    folder = case.write_source(settings).folder
    given = yaml.safe_load((folder / "source.yml").read_text(encoding="utf-8"))
    given.update(change)
    kept = {key: value for key, value in given.items() if value is not None}
    (folder / "source.yml").write_text(yaml.safe_dump(kept), encoding="utf-8")
    load_sources(settings)


FILES = {"way": "files", "path": "a", "format": "csv"}
TABLE = {"way": "database", "connection": "crm", "table": "crm.leads", "key": ["id"]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": "other"}, "source: 'other' differs from the folder 'phones'"),
        ({"domain": "sales"}, "domain: Input should be 'marketing', 'crm', 'calls' or 'product'"),
        ({"timezone": None}, "timezone: Field required"),
        ({"timezone": "Shanghai"}, "timezone: .*is not an IANA time zone"),
        ({"owner": ""}, "owner: String should have at least 1 character"),
        ({"reject_limit": 2}, "reject_limit: Input should be less than or equal to 1"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"lookups": {"plans": "plans.csv"}}, "lookups.plans: plans.csv is not a file"),
        ({"lookups": {"plans": "../x.csv"}}, r"lookups.plans: \.\./x.csv is not a file"),
        ({"lookups": {"calls": "source.yml"}}, "streams, lookups: names must differ"),
        ({"entities": {"cdr": {"streams": ["x"]}}}, "entities.cdr.streams: there is no stream x"),
        ({"entities": {"cat": {"streams": ["calls"]}}}, "entities.cat: there is no contract"),
        ({"entities": {"lead": {"streams": ["calls"]}}}, "entities.lead: lead.sql is missing"),
        ({"streams": {"calls": {"way": "ftp"}}}, "streams.calls: Input tag 'ftp'"),
        (
            {"streams": {"calls": TABLE | {"table": "leads; drop table x"}}},
            "streams.calls.database.table: .*is not a table name",
        ),
        (
            {"streams": {"calls": TABLE | {"key": ['id" or 1=1']}}},
            "streams.calls.database.key: .*is not a column name",
        ),
        ({"streams": {"calls": FILES, "places": FILES}}, "lookups: places is the name of a table"),
        ({"streams": {"calls": FILES, "calls_part": FILES}}, "lookups: calls_part is the name"),
        ({"streams": {"calls": FILES | {"path": "{day}.csv"}}}, r"path: .*\{day\} is none of"),
        ({"streams": {"calls": FILES | {"path": "{until}.csv"}}}, "begins with {date}"),
        ({"streams": {"calls": FILES | {"path": "~no-one/a.csv"}}}, "begins with no user"),
        (
            {"streams": {"calls": FILES | {"encoding": "gb"}}},
            "streams.calls.files.encoding: .*'gb' is no encoding of text",
        ),
        (
            {"streams": {"calls": FILES | {"header": False}}},
            "streams.calls.columns: needed where the files have no header",
        ),
    ],
)
def test_source_folder_error_names_file_and_key(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError, match=f"(?s)source.yml is not valid:.*{said}"):
        load_changed(tmp_path, change)


def test_paths_may_begin_with_the_folder_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = case.make_settings(tmp_path, home="~/house", sources_path=["~/sources"])
    assert settings.home == tmp_path / "house"
    assert settings.sources_path == (tmp_path / "sources",)
    stream = {"way": "files", "path": "~/drop/calls_{date}.csv", "format": "csv"}
    source = case.write_source(settings, streams={"calls": stream})
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "calls_2026-03-01.csv").write_text(case.call_lines("c1,in,,,missed"))
    assert [
        manifest.rows for manifest in land_files(settings, source, "calls", case.NIGHT).new
    ] == [1]
    monkeypatch.setenv("THROUGHLINE_HOME", "~/elsewhere")
    assert load_settings(settings.config_file).home == tmp_path / "elsewhere"
    monkeypatch.setenv("THROUGHLINE_HOME", "~no-one/elsewhere")
    with pytest.raises(ConfigError, match=r"home: .*~no-one/elsewhere begins with no user"):
        load_settings(settings.config_file)


def test_source_folder_missing_or_doubled_is_named(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path, sources_path=["sources", "more"])
    with pytest.raises(ConfigError, match=r"sources_path: .*more is not a folder"):
        load_sources(settings)
    (tmp_path / "more" / "phones").mkdir(parents=True)
    case.write_source(settings.model_copy(update={"sources_path": (tmp_path / "sources",)}))
    for name in ("source.yml", "cdr.sql"):
        text = (tmp_path / "sources" / "phones" / name).read_text(encoding="utf-8")
        (tmp_path / "more" / "phones" / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="source 'phones' is already defined"):
        load_sources(settings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "expected"),
        ("streams:\n  calls: {way: files}\n  calls: {way: rest}\n", "'calls' stands twice"),
        ("constants: {since: 2026-02-30}", "day is out of range"),
    ],
)
def test_source_folder_that_is_no_yaml_is_named(tmp_path: Path, text: str, said: str) -> None:
    settings = case.make_settings(tmp_path)
    folder = case.write_source(settings).folder
    (folder / "source.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"(?s)phones/source\.yml is not valid YAML: .*{said}"):
        load_sources(settings)


def test_source_folder_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    settings = case.make_settings(tmp_path)
    source = case.write_source(settings)
    (source.folder / "cdr.sql").write_bytes("-- 呼叫\n".encode("gb18030"))
    with pytest.raises(ConfigError, match=r"cdr\.sql is not UTF-8"):
        source.mapping("cdr")
    for path in (source.folder / "source.yml", settings.config_file):
        path.write_bytes("# 呼叫\n".encode("gb18030") + path.read_bytes())
    with pytest.raises(ConfigError, match=r"source\.yml is not valid YAML"):
        load_sources(settings)
    with pytest.raises(ConfigError, match=r"throughline\.yml cannot be read as UTF-8"):
        load_settings(settings.config_file)
