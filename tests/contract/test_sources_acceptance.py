"""What every way in must pass: reads agree, resume anywhere, lose and double nothing.

A way that a test does not fit is skipped with the reason written here.
"""

import gzip
import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_httpserver import HTTPServer

import ingest_case as case
import rest_case as rest
from scoreboard import Facts
from throughline.connect.database import land_table
from throughline.connect.files import land_files
from throughline.connect.rest import land_endpoint
from throughline.errors import SourceError
from throughline.landing import Manifest, landed
from throughline.settings import Settings
from throughline.source_folders import Source

WAYS = ["files", "database", "sqlalchemy", *(f"rest {paging}" for paging in rest.PAGINGS)]
SKIPPED = {
    ("files", "resume"): "files have windows and no cursor; test_landing shows each taken once",
    ("files", "future"): "files have no cursor",
    ("files", "during"): "a file that changes while it is read is refused: files.py, _take",
    ("files", "moving"): "files have no pages",
    ("database", "during"): "test_connect_database commits during a real transaction",
    ("database", "moving"): "one transaction sees one state; tables have no pages",
    ("sqlalchemy", "during"): "test_connect_any_database commits during a real transaction",
    ("sqlalchemy", "moving"): "one transaction sees one state; tables have no pages",
}
DRIVERS = {"database": "postgresql", "sqlalchemy": "postgresql+psycopg"}
SQL = "select _file, _row, id as lead_id, created as created_at, changed as updated_at,"
SQL += " status, name from leads"


@dataclass
class Way:
    """One way in: `rows` is what the source system holds, `land` reads it for a night."""

    settings: Settings
    source: Source
    api: rest.Api
    land: Callable[[date], list[Manifest]]
    show: Callable[[], None] = lambda: None

    def read(self, as_of: date) -> list[Manifest]:
        self.show()
        return self.land(as_of)

    def rows_of(self, manifest: Manifest) -> int:
        assert manifest.rows is not None
        return manifest.rows


def skip(way: str, test: str) -> None:
    if (way, test) in SKIPPED:
        pytest.skip(SKIPPED[way, test])


@pytest.fixture
def open_way(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    httpserver: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Way]]:
    def build(kind: str, name: str = "home") -> Way:
        (tmp_path / name).mkdir()
        settings = case.make_settings(tmp_path / name)
        if kind == "files":
            return files(settings)
        if kind in DRIVERS:
            return database(settings, request.getfixturevalue("postgres_url"), kind, monkeypatch)
        rest.connect(monkeypatch, httpserver)
        return endpoint(settings, httpserver, kind.removeprefix("rest "))

    yield build


def files(settings: Settings) -> Way:
    api = rest.Api()
    stream = {"way": "files", "path": "{home}/drop/leads.jsonl", "format": "jsonl"}
    source = case.write_source(
        settings, "vendor", {"leads": stream}, {"lead": rest.MAPPING}, domain="crm"
    )

    def show() -> None:
        case.drop(settings, "leads.jsonl", "".join(json.dumps(row) + "\n" for row in api.rows))

    def land(as_of: date) -> list[Manifest]:
        landing = land_files(settings, source, "leads", as_of)
        assert not landing.errors
        return list(landing.new)

    return Way(settings, source, api, land, show)


def database(settings: Settings, url: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> Way:
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR", url.replace("postgresql", DRIVERS[kind], 1))
    api = rest.Api()
    stream = {"way": "database", "connection": "vendor", "table": "acceptance.leads"}
    stream |= {"key": ["id"], "cursor": "changed", "lag_hours": 1}
    source = case.write_source(settings, "vendor", {"leads": stream}, {"lead": SQL}, domain="crm")

    def show() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("drop schema if exists acceptance cascade")
            connection.execute("create schema acceptance")
            connection.execute(
                "create table acceptance.leads (id text primary key, created timestamptz,"
                " changed timestamptz, status text, name text)"
            )
            for row in api.rows:
                connection.execute(
                    "insert into acceptance.leads values (%(id)s, %(created)s, %(changed)s,"
                    " %(status)s, %(name)s)",
                    row,
                )

    return Way(
        settings, source, api, lambda as_of: land_table(settings, source, "leads", as_of), show
    )


def endpoint(settings: Settings, server: HTTPServer, paging: str) -> Way:
    api = rest.Api()
    server.clear()
    rest.serve(server, api, paging)
    source = rest.source(settings, paging=paging, changes=True)
    return Way(settings, source, api, lambda as_of: land_endpoint(settings, source, "leads", as_of))


def versions(rows: list[dict[str, Any]]) -> set[tuple[str, datetime]]:
    return {(row["id"], datetime.fromisoformat(row["changed"])) for row in rows}


def received(way: Way) -> list[list[tuple[str, datetime]]]:
    """Ids and changes of the landed rows, batch by batch."""
    found = []
    for manifest in landed(way.settings, "vendor", "leads"):
        (path,) = (manifest.folder(way.settings) / file.name for file in manifest.files)
        if path.suffix == ".parquet":
            found.append(case.rows(path, "id, changed::timestamptz"))
        else:
            lines = map(json.loads, gzip.decompress(path.read_bytes()).splitlines())
            found.append([(row["id"], datetime.fromisoformat(row["changed"])) for row in lines])
    return found


def check_no_doubles(way: Way) -> None:
    for batch in rest.taken(way.settings, way.source):
        found = case.rows(batch.path, "lead_id, updated_at")
        assert len(found) == len(set(found)), f"doubled in {batch.batch_id}"


@pytest.mark.parametrize("kind", WAYS)
def test_two_reads_of_the_same_source_agree(open_way, kind: str) -> None:
    rows = [rest.lead(number, f"2026-03-01T04:00:{number:02d}Z") for number in range(8)]
    found = []
    for name in ("one", "two"):
        way = open_way(kind, name)
        way.api.rows = rows
        (manifest,) = way.read(rest.D1)
        found.append((manifest.batch, manifest.sha256, manifest.rows, manifest.cursor_to))
    assert found[0] == found[1] and found[0][2] == 8


@pytest.mark.parametrize("kind", WAYS)
def test_reading_goes_on_from_every_intermediate_cursor(open_way, kind: str) -> None:
    skip(kind, "resume")
    # Changes every 40 minutes: with a lag of an hour, the row before the cursor's comes again.
    rows = [
        rest.lead(number, f"2026-03-01T{number * 40 // 60:02d}:{number * 40 % 60:02d}:00Z")
        for number in range(9)
    ]
    for known in range(1, 9):
        way = open_way(kind, f"home{known}")
        way.api.rows = rows[:known]
        way.read(rest.D1)
        way.api.rows = rows
        (manifest,) = way.read(rest.D2)
        again = min(known, 2)
        assert way.rows_of(manifest) == len(rows) - known + again
        assert {pair for batch in received(way) for pair in batch} == versions(rows)


@pytest.mark.parametrize("kind", WAYS)
def test_an_abnormal_cursor_in_the_future_reads_nothing_and_complains(open_way, kind: str) -> None:
    skip(kind, "future")
    way = open_way(kind)
    way.api.rows = [rest.lead(1)]
    (manifest,) = way.read(rest.D1)
    path = manifest.folder(way.settings) / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["cursor_to"] = "2999-12-31T00:00:00+00:00"
    path.write_text(json.dumps(told), encoding="utf-8")
    before = len(way.api.asked)
    with pytest.raises(SourceError, match=r"cursor 2999.* lies after the night 2026-03-02"):
        way.read(rest.D2)
    assert len(way.api.asked) == before
    assert [m.as_of for m in landed(way.settings, "vendor", "leads")] == [rest.D1]


@pytest.mark.parametrize("kind", [way for way in WAYS if way.startswith("rest")])
def test_a_record_that_claims_to_be_of_the_future_does_not_move_the_cursor(
    open_way, kind: str
) -> None:
    way = open_way(kind)
    way.api.rows = [rest.lead(1), rest.lead(2, "2999-01-01T00:00:00Z")]
    (manifest,) = way.read(rest.D1)
    assert manifest.cursor_to == "2026-03-01T16:00:00+00:00"  # the end of 1 March in Shanghai
    way.api.rows += [rest.lead(3, "2026-03-01T15:30:00Z"), rest.lead(4, "2026-03-02T01:00:00Z")]
    way.read(rest.D2)
    assert set(rest.accepted(way.settings, way.source)) == versions(way.api.rows)


@pytest.mark.parametrize("kind", WAYS)
@pytest.mark.parametrize("moment", [1, 2, 3])
def test_rows_committed_during_the_read_are_neither_lost_nor_doubled_after_the_next_run(
    open_way, kind: str, moment: int
) -> None:
    skip(kind, "during")
    way = open_way(kind)
    rows = [rest.lead(number, f"2026-03-01T04:00:{number:02d}Z") for number in range(10, 20)]
    way.api.rows = list(rows)
    late = [
        rest.lead(1, "2026-03-01T04:00:19Z"),  # the second of the last row, an id read already
        rest.lead(2, "2026-03-01T04:00:09Z"),  # a second before all others
        rest.lead(30, "2026-03-01T04:00:14Z"),  # the second of a row that was read
        rest.lead(31, "2026-03-01T04:00:20Z"),  # after all others
    ]

    def commit(number: int) -> None:
        if number == moment + 1:
            way.api.rows = way.api.rows + late

    way.api.before_page = commit
    way.read(rest.D1)
    assert late[0] in way.api.rows
    way.read(rest.D2)
    assert set(rest.accepted(way.settings, way.source)) == versions(rows + late)
    check_no_doubles(way)


@pytest.mark.parametrize("kind", WAYS)
def test_rows_that_move_between_pages_are_neither_lost_nor_doubled(open_way, kind: str) -> None:
    skip(kind, "moving")
    way = open_way(kind)
    rows = [rest.lead(number, f"2026-03-01T04:00:{number:02d}Z") for number in range(10, 24)]
    way.api.rows = list(rows)
    moved = {**rows[0], "changed": "2026-03-01T04:30:00Z", "status": "working"}

    def move(number: int) -> None:
        if number == 2:  # the first row goes to the end: everything moves up by one
            way.api.rows = [*rows[1:], moved]
        if number == 3:  # a row that was read is deleted, and pages become smaller
            way.api.rows = [row for row in way.api.rows if row["id"] != rows[1]["id"]]
            way.api.size = 2

    way.api.before_page = move
    way.read(rest.D1)
    found = {lead for batch in received(way) for lead, _ in batch}
    assert found >= {row["id"] for row in rows[2:]}, "a row that stayed was lost in this very read"
    way.read(rest.D2)
    there = set(rest.accepted(way.settings, way.source))
    assert there >= versions(way.api.rows) and there <= versions([*rows, moved])
    check_no_doubles(way)


@pytest.mark.parametrize("point", ["land.after_page", "land.after_copy", "land.before_manifest"])
@pytest.mark.parametrize("kind", ["rest cursor", "rest page"])
def test_a_read_that_was_killed_and_done_again_lands_the_same(
    open_way, kind: str, point: str, facts: Facts
) -> None:
    rows = [rest.lead(number, f"2026-03-01T04:00:{number:02d}Z") for number in range(8)]
    unbroken = open_way(kind, "unbroken")
    unbroken.api.rows = rows
    (expected,) = unbroken.read(rest.D1)
    way = open_way(kind, "killed")
    way.api.rows = rows
    child = os.fork()
    if child == 0:
        os.environ["THROUGHLINE_FAULT"] = f"{point}:kill"
        way.read(rest.D1)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    facts.killed(point)
    assert landed(way.settings, "vendor", "leads") == []
    (manifest,) = way.read(rest.D1)
    facts.compared((manifest.batch, manifest.rows) == (expected.batch, 8))
    assert (manifest.batch, manifest.rows) == (expected.batch, 8)


def test_every_skip_names_a_way_and_carries_a_reason() -> None:
    assert all(way in WAYS and reason for (way, _), reason in SKIPPED.items())
