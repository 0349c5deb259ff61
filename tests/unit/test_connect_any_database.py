"""Databases through SQLAlchemy: PostgreSQL by another driver than ours, and SQLite files."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
import stamina

import ingest_case as case
from throughline.conform import conform, find_parts
from throughline.connect.database import land_table
from throughline.connect.transactions import Connections
from throughline.errors import ConfigError, SourceError
from throughline.landing import Manifest
from throughline.settings import Settings
from throughline.source_folders import Source

MAPPING = "select leads._file, leads._row, lead_id, created_at, status, updated_at from leads"
D1, D2 = date(2026, 3, 1), date(2026, 3, 2)
LEADS = (
    "create table {} (lead_id text primary key, created_at timestamp, status text,"
    " updated_at timestamp)"
)


def source_of(settings: Settings, **stream: object) -> Source:
    given = {"way": "database", "connection": "crm", "table": "leads", "key": ["lead_id"], **stream}
    return case.write_source(settings, "crm", {"leads": given}, {"lead": MAPPING}, domain="crm")


def land(settings: Settings, source: Source, as_of: date) -> list[Manifest]:
    with Connections() as connections:
        return land_table(settings, source, "leads", as_of, connections)


def landed_rows(settings: Settings, manifest: Manifest, columns: str) -> list[tuple[object, ...]]:
    return case.rows(manifest.folder(settings) / "data.parquet", columns)


@pytest.fixture
def server(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Settings, psycopg.Connection]]:
    url = postgres_url.replace("postgresql", "postgresql+psycopg", 1)
    monkeypatch.setenv("AIRFLOW_CONN_CRM", url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("drop schema if exists other cascade")
        connection.execute("create schema other")
        connection.execute(LEADS.format("other.leads"))
        yield case.make_settings(tmp_path), connection


@pytest.fixture
def file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Settings, sqlite3.Connection]]:
    path = tmp_path / "shop 1.db"
    monkeypatch.setenv("AIRFLOW_CONN_CRM", f"sqlite:///{path}")
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute(LEADS.format("leads"))
        yield case.make_settings(tmp_path), connection
    connection.close()


def insert(connection: psycopg.Connection, lead: str, updated: str | None) -> None:
    connection.execute(
        "insert into other.leads values (%s, '2026-01-01 08:00', 'new', %s)", (lead, updated)
    )


def test_any_database_cursor_without_zone_is_read_in_the_zone_of_the_source(server) -> None:
    settings, connection = server
    insert(connection, "in", "2026-03-01 23:59:59.999999")
    insert(connection, "out", "2026-03-02 00:00:00")
    insert(connection, "unknown", None)
    source = source_of(settings, table="other.leads", cursor="updated_at", lag_hours=0)
    (first,) = land(settings, source, D1)
    assert landed_rows(settings, first, "lead_id") == [("in",), ("unknown",)]
    assert (first.window, first.cursor_to) == ("2026-03-01", "2026-03-01T15:59:59.999999+00:00")
    insert(connection, "equal", "2026-03-01 23:59:59.999999")
    insert(connection, "hour", "2026-03-01 22:59:59.999999")  # a clock may have named it twice
    insert(connection, "older", "2026-03-01 22:59:59")
    (second,) = land(settings, source, D2)
    found = [lead for (lead,) in landed_rows(settings, second, "lead_id")]
    assert found == ["hour", "equal", "in", "out", "unknown"]


def test_any_database_cursor_with_a_zone_is_compared_as_instants(server) -> None:
    settings, connection = server
    connection.execute("alter table other.leads alter updated_at type timestamptz")
    insert(connection, "in", "2026-03-01 23:59:59+08")
    insert(connection, "out", "2026-03-01 16:00:00+00")
    source = source_of(settings, table="other.leads", cursor="updated_at", lag_hours=0)
    (first,) = land(settings, source, D1)
    assert landed_rows(settings, first, "lead_id, updated_at") == [
        ("in", "2026-03-01 15:59:59+00:00")
    ]
    insert(connection, "older", "2026-03-01 23:59:58+08")
    (second,) = land(settings, source, D2)
    assert landed_rows(settings, second, "lead_id") == [("in",), ("out",)]


def test_any_database_rows_committed_during_the_read_come_the_next_night(
    server, postgres_url: str
) -> None:
    settings, connection = server
    source = source_of(settings, table="other.leads", cursor="updated_at")
    with psycopg.connect(postgres_url) as late:
        late.execute("lock table other.leads in row exclusive mode")
        late.execute("insert into other.leads values ('late', now(), 'new', '2026-03-01 10:00')")
        insert(connection, "early", "2026-03-01 11:00")
        (first,) = land(settings, source, D1)
        late.commit()
    (second,) = land(settings, source, D2)
    assert landed_rows(settings, first, "lead_id") == [("early",)]
    assert landed_rows(settings, second, "lead_id") == [("late",), ("early",)]
    left = "select count(*) from pg_stat_activity where state = 'idle in transaction'"
    assert connection.execute(left).fetchone() == (0,)


def test_any_database_values_land_as_the_driver_gives_them(server) -> None:
    settings, connection = server
    connection.execute(
        "create table other.pay as select 1 as id, timestamptz '2026-03-01 00:00:00.5+08' as paid,"
        " timestamp '2026-03-01 08:00' as plain, date '2026-03-01' as day, true as flag,"
        " 12345678901234567890.1234::numeric as amount, 'NaN'::numeric as odd, 0.1::float8 as part,"
        " '{\"a\": 12345678901234.567890}'::json as note, '\\x00ff'::bytea as raw,"
        " array['x', '是'] as tags, interval '90 minutes' as took, null::text as nothing,"
        " 'it''s'::name as named"
    )
    source = source_of(settings, table="other.pay", key=["id"])
    (manifest,) = land(settings, source, D1)
    assert manifest.window == "snapshot"
    assert landed_rows(settings, manifest, "*") == [
        (
            *("1", "2026-02-28 16:00:00.500000+00:00", "2026-03-01 08:00:00", "2026-03-01"),
            *("true", "12345678901234567890.1234", "NaN", "0.1"),
            *('{"a": 12345678901234.567890}', "\\x00ff", '["x", "是"]', "1:30:00", None, "it's"),
        )
    ]


def test_any_database_table_is_conformed_like_every_other(server) -> None:
    settings, connection = server
    insert(connection, "a", "2026-03-01 12:00")
    connection.execute("insert into other.leads values ('b', null, 'new', '2026-03-01 12:00')")
    source = source_of(settings, table="other.leads", cursor="updated_at")
    land(settings, source, D1)
    (parts,) = find_parts(settings, source, "lead", D1)[0]
    batch = conform(settings, parts)
    assert case.rows(batch.path, "lead_id, created_at::varchar") == [
        ("a", "2026-01-01 00:00:00+00")
    ]
    assert batch.reasons == {"missing:created_at": 1}


def test_any_database_streams_rows_instead_of_holding_all_of_them(server) -> None:
    settings, connection = server
    connection.execute("create view other.told as select current_query() as lead_id")
    (manifest,) = land(settings, source_of(settings, table="other.told"), D1)
    [(said,)] = landed_rows(settings, manifest, "lead_id")
    assert str(said).startswith("FETCH FORWARD ")  # from a cursor of the server


def test_any_database_read_that_takes_too_long_is_told(server) -> None:
    settings, connection = server
    connection.execute(
        "create view other.slow as select i::text as lead_id, pg_sleep(0.7)::text as status"
        " from generate_series(1, 9) i"
    )
    with pytest.raises(SourceError, match=r"reading other.slow took more than 0.1 minutes"):
        land(settings, source_of(settings, table="other.slow", minutes=0.1), D1)


def test_any_database_that_does_not_answer_is_told_without_its_password(
    server, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, _ = server
    source = source_of(settings, table="other.leads")
    monkeypatch.setenv("AIRFLOW_CONN_CRM", "postgresql+psycopg://who:s3cr%2Ft@127.0.0.1:9/none")
    with (
        stamina.set_testing(True, attempts=3),
        pytest.raises(SourceError, match=r"crm at 127.0.0.1:9: cannot connect: .*refused") as told,
    ):
        land(settings, source, D1)
    assert "s3cr" not in str(told.value)


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        ({"table": "other.gone"}, "there is no table other.gone that may be read"),
        ({"key": ["id"]}, "leads has no column id; it has lead_id, created_at, status"),
        ({"cursor": "status"}, "cursor status of other.leads is no timestamp"),
        ({"partitions": 2}, "`partitions` are PostgreSQL's"),
    ],
)
def test_any_database_table_that_is_not_as_declared_is_told(
    server, stream: dict[str, object], said: str
) -> None:
    settings, _ = server
    with pytest.raises(SourceError, match=said):
        land(settings, source_of(settings, **{"table": "other.leads", **stream}), D1)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://who:s3cr3t@127.0.0.1/x",
        "none://who:s3cr3t@h/x",
        '{"conn_type": "mssql+pyodbc", "host": "127.0.0.1", "password": "s3cr3t"}',
    ],
)
def test_any_database_without_its_driver_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CRM", url)
    settings = case.make_settings(tmp_path)
    with pytest.raises(SourceError, match="its driver is not installed") as caught:
        land(settings, source_of(settings), D1)
    assert "s3cr3t" not in str(caught.value)


def test_any_database_connection_may_be_airflow_s_json(
    postgres_url: str, server, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, connection = server
    insert(connection, "a", "2026-03-01 12:00")
    url = urlsplit(postgres_url)
    spec = {
        "conn_type": "postgresql+psycopg",
        "host": url.hostname,
        "port": url.port,
        "login": url.username,
        "password": unquote(url.password or ""),
        "schema": url.path[1:],
        "extra": {"connect_timeout": 5},
    }
    monkeypatch.setenv("AIRFLOW_CONN_CRM", json.dumps(spec))
    (manifest,) = land(settings, source_of(settings, table="other.leads"), D1)
    assert manifest.rows == 1


def test_sqlite_file_is_a_snapshot_of_what_it_holds(file) -> None:
    settings, connection = file
    connection.executemany(
        "insert into leads values (?, ?, ?, ?)",
        [("a", "2026-01-01 08:00:00", "新", None), (7, "2026-01-01T08:00", 1.5, b"\x01")],
    )
    source = source_of(settings)
    (first,) = land(settings, source, D1)
    assert first.window == "snapshot"
    assert landed_rows(settings, first, "*") == [
        ("7", "2026-01-01T08:00", "1.5", "\\x01"),
        ("a", "2026-01-01 08:00:00", "新", None),
    ]
    assert land(settings, source, D2) == []


def test_sqlite_file_with_a_cursor_or_without_being_there_is_told(
    file, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings, _ = file
    with pytest.raises(SourceError, match="SQLite has no type of instants, so updated_at orders"):
        land(settings, source_of(settings, cursor="updated_at"), D1)
    monkeypatch.setenv("AIRFLOW_CONN_CRM", f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(SourceError, match=r"none.db: there is no such file"):
        land(settings, source_of(settings), D1)
    assert not (tmp_path / "none.db").exists()
    monkeypatch.setenv("AIRFLOW_CONN_CRM", "sqlite")
    with pytest.raises(ConfigError, match="AIRFLOW_CONN_CRM is no connection to a database"):
        land(settings, source_of(settings), D1)
