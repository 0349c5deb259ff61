"""Leads of one source over three ways in, whose rows a test deletes and brings back."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from pytest_httpserver import HTTPServer

import ingest_case as case
import rest_case as rest
from throughline.conform import Engine, conform, find_parts
from throughline.connect.streams import land_stream
from throughline.connect.transactions import Connections
from throughline.contracts import load_contracts
from throughline.landing import landed, live_batches, set_verdict
from throughline.settings import Settings
from throughline.source_folders import Source, load_sources
from throughline.sweep import sweep_source
from throughline.warehouse.inputs import rows_of
from throughline.windows import instant_after

WAYS = ("database", "rest", "files")
FIRST = date(2026, 3, 4)
"""A Wednesday; the sweeps of these tests are due on Sunday 8 March and each week after it."""
SUNDAY = date(2026, 3, 8)
TABLE_SQL = """
select _file, _row, id as lead_id, created as created_at, changed as updated_at, status, name
from leads
"""


@dataclass
class Vendor:
    """What the source system holds, by id; `show` puts it where the way in finds it."""

    settings: Settings
    show: Callable[["Vendor", date], None]
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def source(self) -> Source:
        return load_sources(self.settings)["vendor"]

    def put(self, number: int, at: date, hour: int = 4) -> None:
        """Make a lead, or change it, at an hour (UTC) of a day."""
        row = rest.lead(number, f"{at.isoformat()}T{hour:02d}:00:00Z")
        self.rows[row["id"]] = row

    def drop(self, *numbers: int) -> None:
        """Delete leads in the source, without a trace."""
        for number in numbers:
            del self.rows[f"L{number:04d}"]

    def night(self, as_of: date) -> tuple[list[str], list[str]]:
        """Take the source through a night without its checks; what a sweep noted, and failed."""
        self.show(self, as_of)
        return night(self.settings, as_of)

    def counted(self, as_of: date) -> list[str]:
        """Ids of the leads that count at the end of a night: newest version, not deleted."""
        return counted(self.settings, as_of)


def begun(vendor: Vendor, many: int = 6) -> Vendor:
    """The first night, with leads 1 to `many`."""
    for number in range(1, many + 1):
        vendor.put(number, FIRST)
    assert vendor.night(FIRST) == ([], [])
    assert vendor.counted(FIRST) == ids(*range(1, many + 1))
    return vendor


def swept(vendor: Vendor) -> list[tuple[date, int | None]]:
    """Night and rows of every list that a sweep landed."""
    return [(m.as_of, m.rows) for m in landed(vendor.settings, "vendor", "lead_swept")]


def night(settings: Settings, as_of: date) -> tuple[list[str], list[str]]:
    """Land, sweep and conform the source `vendor`, and let all in: a night without its checks."""
    source = load_sources(settings)["vendor"]
    with Connections() as connections, Engine(settings, source) as engine:
        for stream in source.streams:
            assert land_stream(settings, source, stream, as_of, connections) == ([], [])
        found = sweep_source(settings, source, as_of, connections)
        for entity in source.entities:
            for parts in find_parts(settings, source, entity, as_of)[0]:
                batch = conform(settings, parts, engine)
                if batch.status == "landed":
                    set_verdict(settings, batch.batch_id, "passed", "test", "let in by a test")
    return found


def counted(settings: Settings, as_of: date, entity: str = "lead") -> list[str]:
    """Keys that count at the end of a night, by rule G4 worked out here a further time."""
    paths = [batch.path for batch in live_batches(settings, as_of) if batch.entity == entity]
    key = load_contracts()[entity].key[0]
    with duckdb.connect(config={"threads": 1}) as con:
        select = rows_of(con, load_contracts()[entity], paths)
        found = con.execute(
            f"select {key} from ({select}) where coalesce(updated_at < ?::timestamptz, true)"
            f" qualify row_number() over (partition by {key} order by"
            " coalesce(updated_at, _loaded_at) desc, _loaded_at desc, _row_hash desc) = 1"
            f" and not coalesce(is_deleted, false) order by {key}",
            [instant_after(settings, as_of).isoformat()],
        ).fetchall()
    return [row[0] for row in found]


def ids(*numbers: int) -> list[str]:
    """Ids of leads by number."""
    return [f"L{number:04d}" for number in numbers]


def vendor(
    way: str,
    folder: Path,
    server: HTTPServer,
    monkeypatch: pytest.MonkeyPatch,
    url: Callable[[], str],
    **sweep: Any,
) -> Vendor:
    """A source `vendor` over a way in, swept on Sundays."""
    settings = case.make_settings(folder)
    given = {"weekday": "sunday", "lag_hours": 0, **sweep}
    made = {"files": _files, "database": _database, "rest": _rest}[way]
    streams, mapping, show = made(server, monkeypatch, url)
    if way == "files":
        given["stream"] = "lead_keys"
    case.write_source(
        settings,
        "vendor",
        streams,
        {"lead": mapping},
        {"lead": {"streams": ["leads"], "sweep": given}},
        domain="crm",
    )
    return Vendor(settings, show)


def _files(*_: Any) -> Any:
    streams = {
        "leads": {
            "way": "files",
            "path": "{home}/drop/leads_{date}.jsonl",
            "format": "jsonl",
            "empty_ok": True,
        },
        "lead_keys": {
            "way": "files",
            "path": "{home}/drop/keys_{date}.csv",
            "format": "csv",
            "empty_ok": True,
        },
    }

    def show(vendor: Vendor, as_of: date) -> None:
        begin = instant_after(vendor.settings, as_of - timedelta(days=1))
        of_the_day = [
            row for row in vendor.rows.values() if begin <= datetime.fromisoformat(row["changed"])
        ]
        text = "".join(json.dumps(row) + "\n" for row in of_the_day)
        case.drop(vendor.settings, f"leads_{as_of}.jsonl", text)
        lines = "".join(f"{name}\n" for name in vendor.rows)
        case.drop(vendor.settings, f"keys_{as_of}.csv", f"lead_id\n{lines}")

    return streams, rest.MAPPING, show


def _database(_: Any, monkeypatch: pytest.MonkeyPatch, url: Callable[[], str]) -> Any:
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR", url())
    stream = {"way": "database", "connection": "vendor", "table": "deletes.leads"}
    stream |= {"key": ["id"], "cursor": "changed", "lag_hours": 1}

    def show(vendor: Vendor, _: date) -> None:
        with psycopg.connect(url(), autocommit=True) as connection:
            connection.execute(
                "drop schema if exists deletes cascade; create schema deletes;"
                " create table deletes.leads (id text primary key, created timestamptz,"
                " changed timestamptz, status text, name text)"
            )
            with connection.cursor() as cursor:
                cursor.executemany(
                    "insert into deletes.leads values (%(id)s, %(created)s, %(changed)s,"
                    " %(status)s, %(name)s)",
                    list(vendor.rows.values()),
                )

    return {"leads": stream}, TABLE_SQL, show


def _rest(server: HTTPServer, monkeypatch: pytest.MonkeyPatch, _: Any) -> Any:
    rest.connect(monkeypatch, server)
    api = rest.Api(size=3)
    server.clear()
    rest.serve(server, api)

    def show(vendor: Vendor, _: date) -> None:
        api.rows = list(vendor.rows.values())

    return {"leads": rest.stream(changes=True)}, rest.MAPPING, show
