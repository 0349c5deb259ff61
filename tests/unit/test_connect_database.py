import json
import threading
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import psycopg
import pytest
import stamina

import ingest_case as case
from throughline.conform import conform, find_parts
from throughline.connect.database import land_table
from throughline.connect.transactions import Connections
from throughline.errors import ConfigError, SourceError
from throughline.landing import Manifest, landed, set_verdict
from throughline.settings import Settings
from throughline.source_folders import Source

MAPPING = "select leads._file, leads._row, lead_id, created_at, status, updated_at from leads"
D1, D2, D3 = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def crm(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Settings, psycopg.Connection]]:
    monkeypatch.setenv("AIRFLOW_CONN_CRM", postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("drop schema if exists crm cascade")
        connection.execute("create schema crm")
        connection.execute(
            "create table crm.leads (lead_id text primary key, created_at timestamptz,"
            " status text, updated_at timestamptz)"
        )
        yield case.make_settings(tmp_path), connection


def source_of(settings: Settings, **stream: object):
    given = {
        "way": "database",
        "connection": "crm",
        "table": "crm.leads",
        "key": ["lead_id"],
        "cursor": "updated_at",
        "lag_hours": 24,
        **stream,
    }
    return case.write_source(settings, "crm", {"leads": given}, {"lead": MAPPING}, domain="crm")


def land(settings: Settings, source: Source, as_of: date) -> list[Manifest]:
    with Connections() as connections:
        return land_table(settings, source, "leads", as_of, connections)


def insert(connection: psycopg.Connection, lead: str, updated: str, status: str = "new") -> None:
    connection.execute(
        "insert into crm.leads values (%s, '2026-01-01 00:00+00', %s, %s)", (lead, status, updated)
    )


def leads_in(settings: Settings, manifest: object) -> list[str]:
    return [row[0] for row in case.rows(manifest.folder(settings) / "data.parquet", "lead_id")]


def test_database_takes_rows_up_to_the_end_of_the_business_date(crm) -> None:
    settings, connection = crm
    insert(connection, "before", "2026-03-01 23:59:59.999999+08")
    insert(connection, "after", "2026-03-02 00:00:00+08")
    source = source_of(settings)
    assert [leads_in(settings, m) for m in land(settings, source, D1)] == [["before"]]
    manifest = landed(settings, "crm", "leads")[0]
    assert manifest.window == "2026-03-01"
    assert (manifest.rows, manifest.cursor_to) == (1, "2026-03-01T15:59:59.999999+00:00")


def test_database_rows_committed_late_at_the_cursor_edge_are_read_again(crm) -> None:
    settings, connection = crm
    source = source_of(settings)
    insert(connection, "a", "2026-03-01 12:00:00+08")
    land(settings, source, D1)
    # Committed after the read: at the cursor, a second before it, at the lag's edge, and beyond it.
    insert(connection, "equal", "2026-03-01 12:00:00+08")
    insert(connection, "second", "2026-03-01 11:59:59+08")
    insert(connection, "edge", "2026-02-28 12:00:00+08")
    insert(connection, "beyond", "2026-02-28 11:59:59+08")
    (second,) = land(settings, source, D2)
    assert sorted(leads_in(settings, second)) == ["a", "edge", "equal", "second"]
    assert second.cursor_from == "2026-02-28T04:00:00+00:00"


def test_database_rows_committed_during_the_read_come_the_next_night(crm) -> None:
    settings, connection = crm
    source = source_of(settings)
    with psycopg.connect(
        connection.info.dsn + f" password={connection.info.password or ''}"
    ) as late:
        late.execute("insert into crm.leads values ('late', now(), 'new', '2026-03-01 10:00+08')")
        insert(connection, "early", "2026-03-01 11:00:00+08")
        (first,) = land(settings, source, D1)
        late.commit()
    (second,) = land(settings, source, D2)
    assert leads_in(settings, first) == ["early"]
    assert leads_in(settings, second) == ["late", "early"]


def test_database_night_is_taken_once(crm) -> None:
    settings, connection = crm
    source = source_of(settings)
    insert(connection, "a", "2026-03-01 12:00:00+08")
    assert len(land(settings, source, D1)) == 1
    insert(connection, "b", "2026-03-01 13:00:00+08")
    assert land(settings, source, D1) == []


def test_database_withdrawn_batch_makes_the_cursor_fall_back(crm) -> None:
    settings, connection = crm
    source = source_of(settings, lag_hours=0)
    insert(connection, "a", "2026-03-01 12:00:00+08")
    land(settings, source, D1)
    insert(connection, "b", "2026-03-02 12:00:00+08")
    land(settings, source, D2)
    batches = [conform(settings, p) for p in find_parts(settings, source, "lead", D2)[0]]
    set_verdict(settings, batches[-1].batch_id, "withdrawn", "anna", "wrong export")
    insert(connection, "c", "2026-03-03 12:00:00+08")
    (third,) = land(settings, source, D3)
    assert leads_in(settings, third) == ["a", "b", "c"]


def test_database_nights_out_of_order_read_from_earlier_nights_only(crm) -> None:
    settings, connection = crm
    source = source_of(settings)
    insert(connection, "a", "2026-03-01 12:00:00+08")
    insert(connection, "b", "2026-03-03 12:00:00+08")
    (late,) = land(settings, source, D3)
    (early,) = land(settings, source, D1)
    assert (leads_in(settings, late), leads_in(settings, early)) == (["a", "b"], ["a"])


def test_database_without_cursor_is_a_snapshot_and_unchanged_content_no_new_batch(crm) -> None:
    settings, connection = crm
    source = source_of(settings, cursor=None)
    insert(connection, "a", "2026-03-01 12:00:00+08")
    (first,) = land(settings, source, D1)
    assert first.window == "snapshot"
    assert land(settings, source, D2) == []
    insert(connection, "b", "2026-03-01 12:00:00+08")
    assert len(land(settings, source, D3)) == 1
    (parts,) = find_parts(settings, source, "lead", D3)[0]
    assert conform(settings, parts).rows == 2


def test_database_numbers_and_instants_arrive_exactly(crm) -> None:
    settings, connection = crm
    connection.execute(
        "create table crm.pay (id int, paid timestamptz, plain timestamp, day date,"
        " amount numeric(18,4), huge numeric, flag boolean, note jsonb)"
    )
    connection.execute(
        "insert into crm.pay values (1, '2026-03-01 00:00:00.123456+08', '2026-03-01 08:00',"
        " '2026-03-01', 12345678901234.5678, 'NaN', true, '{\"a\": 1}')"
    )
    source = source_of(settings, table="crm.pay", key=["id"], cursor=None)
    (manifest,) = land(settings, source, D1)
    path = manifest.folder(settings) / "data.parquet"
    row = case.rows(path, "id, paid::varchar, plain::varchar, day, amount, huge, flag, note")[0]
    assert row == (
        1,
        "2026-02-28 16:00:00.123456+00",
        "2026-03-01 08:00:00",
        date(2026, 3, 1),
        "12345678901234.5678",
        "NaN",
        True,
        '{"a": 1}',
    )
    assert Decimal(row[4]) == Decimal("12345678901234.5678")


def test_database_instants_and_days_without_end_stay_without_end(crm) -> None:
    settings, connection = crm
    connection.execute(
        "create table crm.terms as select 1 as id, 'infinity'::timestamptz as until,"
        " '-infinity'::timestamp as since, 'infinity'::date as day, '-infinity'::date as from_day"
    )
    connection.execute(
        "insert into crm.terms values (2, '2026-03-01 00:00+00', '0044-03-15 BC', '9999-12-31',"
        " '0001-01-01'), (3, null, null, null, null)"
    )
    source = source_of(settings, table="crm.terms", key=["id"], cursor=None)
    (manifest,) = land(settings, source, D1)
    path = manifest.folder(settings) / "data.parquet"
    assert case.rows(path, "until::varchar, since::varchar, day::varchar, from_day::varchar") == [
        ("infinity", "-infinity", "infinity", "-infinity"),
        ("2026-03-01 00:00:00+00", "0044-03-15 (BC) 00:00:00", "9999-12-31", "0001-01-01"),
        (None, None, None, None),
    ]


@pytest.mark.parametrize("kind", ["timestamptz", "timestamp"])
@pytest.mark.parametrize("old", ["-infinity", "0044-03-15 BC", "0001-01-01", "1969-12-31"])
def test_database_cursor_older_than_the_calendar_is_read_and_is_no_cursor(
    crm, kind: str, old: str
) -> None:
    settings, connection = crm
    connection.execute(f"alter table crm.leads alter updated_at type {kind}")
    insert(connection, "old", old)
    (first,) = land(settings, source_of(settings), D1)
    assert (leads_in(settings, first), first.cursor_to) == (["old"], None)
    insert(connection, "new", "2026-03-02 12:00")
    (second,) = land(settings, source_of(settings), D2)
    assert leads_in(settings, second) == ["old", "new"]


def test_database_streams_rows_instead_of_holding_all_of_them(crm) -> None:
    settings, connection = crm
    connection.execute(
        "create view crm.told as select current_query() as lead_id,"
        " timestamptz '2026-03-01 12:00+08' as updated_at"
    )
    source = source_of(settings, table="crm.told")
    for night in (D1, D2):  # without a lower bound and with one
        (manifest,) = land(settings, source, night)
        (said,) = leads_in(settings, manifest)
        assert said.startswith("COPY (")  # what else the driver sends comes whole into memory


def test_database_names_are_taken_as_postgresql_has_them(crm) -> None:
    settings, connection = crm
    connection.execute(
        'create table crm."客户" ("编号" text, "Order" int, "order" int, "更新时间" timestamptz)'
    )
    connection.execute("insert into crm.客户 values ('a', 1, 2, '2026-03-01 12:00+08')")
    named = {"table": "crm.客户", "key": ["编号", "Order"], "cursor": "更新时间"}
    (manifest,) = land(settings, source_of(settings, **named), D1)
    (row,) = case.rows(manifest.folder(settings) / "data.parquet")
    assert row[:3] == ("a", 1, 2) and len(row) == 4


@pytest.mark.parametrize("kind", ["view", "materialized view"])
def test_database_views_are_read_like_tables(crm, kind: str) -> None:
    settings, connection = crm
    insert(connection, "a", "2026-03-01 12:00:00+08")
    connection.execute("alter table crm.leads add score numeric(9,2) default 1.5")
    connection.execute(f"create {kind} crm.open_leads as select * from crm.leads")
    (manifest,) = land(settings, source_of(settings, table="crm.open_leads"), D1)
    path = manifest.folder(settings) / "data.parquet"
    assert case.rows(path, "lead_id, score") == [("a", "1.50")]
    assert manifest.cursor_to == "2026-03-01T04:00:00+00:00"


def test_database_cursor_without_zone_is_read_in_the_zone_of_the_source(crm) -> None:
    settings, connection = crm
    connection.execute("alter table crm.leads alter updated_at type timestamp")
    source = source_of(settings)
    connection.execute("insert into crm.leads values ('in', now(), 'new', '2026-03-01 23:59:59')")
    connection.execute("insert into crm.leads values ('out', now(), 'new', '2026-03-02 00:00:00')")
    (manifest,) = land(settings, source, D1)
    assert leads_in(settings, manifest) == ["in"]
    assert manifest.cursor_to == "2026-03-01T15:59:59+00:00"


def test_database_reads_past_a_lock_and_leaves_no_transaction(crm) -> None:
    settings, connection = crm
    insert(connection, "a", "2026-03-01 12:00:00+08")
    with psycopg.connect(
        connection.info.dsn + f" password={connection.info.password or ''}"
    ) as busy:
        busy.execute("update crm.leads set status = 'working'")
        (manifest,) = land(settings, source_of(settings), D1)
        assert manifest.rows == 1
    waiting = connection.execute(
        "select count(*) from pg_stat_activity where state like 'idle in transaction%'"
    ).fetchone()
    assert waiting == (0,)


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        ({"table": "crm.nothing"}, r"there is no table crm\.nothing"),
        ({"cursor": "changed_at"}, r"crm\.leads has no column changed_at; it has lead_id"),
        ({"cursor": "status"}, r"cursor status of crm\.leads is no timestamp"),
    ],
)
def test_database_errors_name_what_is_missing(crm, stream: dict[str, str], said: str) -> None:
    settings, _ = crm
    with pytest.raises(SourceError, match=said):
        land(settings, source_of(settings, **stream), D1)


def test_database_lag_longer_than_the_calendar_reads_everything(crm) -> None:
    settings, connection = crm
    insert(connection, "a", "2026-03-01 12:00:00+08")
    source = source_of(settings, lag_hours=1e12)
    assert [leads_in(settings, *land(settings, source, night)) for night in (D1, D2)] == [["a"]] * 2


def test_database_unreachable_is_named_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CRM", "postgresql://who:s3cr3t-pass@127.0.0.1:9/db")
    settings = case.make_settings(tmp_path)
    with pytest.raises(SourceError, match=r"crm at 127\.0\.0\.1:9: cannot connect") as caught:
        land(settings, source_of(settings), D1)
    assert "s3cr3t-pass" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://who:s3cr3t/pass@127.0.0.1:9/db",
        "postgresql://who:s3cr3t@pass@127.0.0.1:9/db",
        "postgresql://who:s3cr3t@127.0.0.1:port/db",
        "host=127.0.0.1 user=who password=s3cr3t",
        '{"conn_type": "postgres", "password": "s3cr3t"}',
        '{"conn_type": "postgres", "host": "127.0.0.1", "extra": "s3cr3t"}',
        '["s3cr3t"]',
    ],
)
def test_database_connection_that_is_none_is_named_without_any_part_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CRM", given)
    settings = case.make_settings(tmp_path)
    with pytest.raises(
        ConfigError, match="AIRFLOW_CONN_CRM is no connection to a database"
    ) as caught:
        land(settings, source_of(settings), D1)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("form", ["json", "extra", "hosts", "nothing asked"])
def test_database_connections_are_read_as_airflow_writes_them(
    crm, postgres_url: str, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    settings, connection = crm
    insert(connection, "a", "2026-03-01 12:00:00+08")
    url = urlsplit(postgres_url)
    extra = '{"sslmode": "disable"}'
    spec = {
        "conn_type": "postgres",
        "host": url.hostname,
        "port": url.port,
        "login": url.username,
        "password": unquote(url.password or ""),
        "schema": url.path[1:],
        "extra": extra,
    }
    written = {
        "json": json.dumps(spec),
        "extra": f"{postgres_url.replace('postgresql', 'postgres', 1)}?__extra__={quote(extra)}",
        "nothing asked": f"{postgres_url}?",
        "hosts": postgres_url.replace(f"@{url.hostname}", f"@127.0.0.1:9,{url.hostname}", 1),
    }
    monkeypatch.setenv("AIRFLOW_CONN_CRM", written[form])
    (manifest,) = land(settings, source_of(settings), D1)
    assert leads_in(settings, manifest) == ["a"]


@pytest.mark.parametrize("password", ["s3cr3t#pass", "s3cr3t?pass", "s3cr3t[pass"])
def test_database_that_refuses_is_told_without_a_password_of_special_characters(
    crm, postgres_url: str, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    settings, _ = crm
    url = urlsplit(postgres_url)
    given = f"postgresql://{url.username}:{password}@{url.hostname}:{url.port}{url.path}"
    monkeypatch.setenv("AIRFLOW_CONN_CRM", given)
    with pytest.raises(SourceError, match="password authentication failed") as caught:
        land(settings, source_of(settings), D1)
    assert "s3cr3t" not in str(caught.value)


def test_database_that_does_not_exist_is_not_tried_again(
    crm, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, _ = crm
    name = urlsplit(postgres_url).path
    monkeypatch.setenv("AIRFLOW_CONN_CRM", postgres_url.replace(name, "/nowhere", 1))
    with pytest.raises(SourceError, match="nowhere"):
        land(settings, source_of(settings), D1)


@pytest.mark.parametrize(
    ("last", "said", "tries"),
    [
        ("pg_terminate_backend(pg_backend_pid())", "terminating connection", 4),
        ("1 / (i - 500000) = 1", "division by zero", 1),
    ],
)
def test_database_that_breaks_off_after_many_rows_is_told_and_what_may_pass_is_tried_again(
    crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: str, said: str, tries: int
) -> None:
    settings, connection = crm
    connection.execute("create table crm.many as select 1 as lead_id, generate_series(1, 500000) i")
    connection.execute(
        f"create view crm.breaks as select *, case when i = 500000 then {last} end from crm.many"
    )
    source = source_of(settings, table="crm.breaks", cursor=None)
    monkeypatch.setenv("THROUGHLINE_FAULT", f"record:{tmp_path / 'points'}")
    with stamina.set_testing(True, attempts=4), pytest.raises(SourceError) as caught:
        land(settings, source, D1)
    assert "reading crm.breaks failed" in str(caught.value) and said in str(caught.value)
    assert (tmp_path / "points").read_text().count("land.in_transaction") == tries
    assert landed(settings, "crm", "leads") == []


def test_database_read_has_the_time_that_its_stream_gives_it(crm) -> None:
    settings, connection = crm
    connection.execute("create view crm.slow as select pg_sleep(7)::text as lead_id")
    slow = {"table": "crm.slow", "cursor": None}
    with pytest.raises(SourceError, match=r"took more than 0\.1 minutes"):
        land(settings, source_of(settings, minutes=0.1, **slow), D1)
    assert len(land(settings, source_of(settings, minutes=0.5, **slow), D1)) == 1
    connection.execute(
        "create view crm.limit as select current_setting('statement_timeout') as lead_id"
    )
    (manifest,) = land(settings, source_of(settings, table="crm.limit", cursor=None), D2)
    assert leads_in(settings, manifest) == ["90min"]  # as long as an endpoint may take


def test_database_serves_all_tables_over_one_connection_until_one_fails(crm) -> None:
    settings, connection = crm
    connection.execute("create view crm.who as select pg_backend_pid()::text as lead_id")
    table = {"way": "database", "connection": "crm", "table": "crm.who", "key": ["lead_id"]}
    streams = {name: dict(table) for name in ("leads", "again", "later")}
    streams["gone"] = table | {"table": "crm.gone"}
    source = case.write_source(settings, "crm", streams, {"lead": MAPPING}, domain="crm")

    def served_by(name: str) -> list[str]:
        (manifest,) = land_table(settings, source, name, D1, connections)
        return leads_in(settings, manifest)

    with Connections() as connections:
        first = served_by("leads")
        assert served_by("again") == first
        with pytest.raises(SourceError, match="no table"):
            land_table(settings, source, "gone", D1, connections)
        assert served_by("later") != first
    left = "select count(*) from pg_stat_activity where pid = any(%s)"
    deadline = time.monotonic() + 10
    while connection.execute(left, [[int(first[0])]]).fetchone() != (0,):
        assert time.monotonic() < deadline, "the connection stays open"
        time.sleep(0.05)


def test_database_partitions_show_one_state_of_a_table_that_is_being_written(
    crm, postgres_url: str
) -> None:
    settings, connection = crm
    connection.execute(
        "create table crm.accounts as select i as id, 100 as held from generate_series(1, 60000) i"
    )
    stop = threading.Event()

    def move() -> None:
        with psycopg.connect(postgres_url) as other:
            while not stop.is_set():  # each state holds the same ids and the same sum
                other.execute("update crm.accounts set held = held + 1 - 2 * (id % 2)")
                other.commit()

    moving = threading.Thread(target=move)
    moving.start()
    try:
        source = source_of(settings, table="crm.accounts", key=["id"], cursor=None, partitions=3)
        (manifest,) = land(settings, source, D1)
    finally:
        stop.set()
        moving.join()
    assert [file.name for file in manifest.files] == [f"data-{n:02d}.parquet" for n in (1, 2, 3)]
    paths = manifest.folder(settings) / "data-*.parquet"
    [(count, ids, total)] = case.rows(paths, "count(*), count(distinct id), sum(held)")
    assert (count, ids, total) == (60000, 60000, 6000000) == (manifest.rows, ids, total)


def test_database_partitions_are_of_whole_reads_and_conform_as_one_batch(crm) -> None:
    settings, connection = crm
    connection.execute(
        "insert into crm.leads select 'l' || i, '2026-01-01 00:00+00', 'new', '2026-03-01 12:00+08'"
        " from generate_series(1, 3000) i"
    )
    insert(connection, "newest", "2026-03-01 13:00+08")
    source = source_of(settings, partitions=4)
    (first,) = land(settings, source, D1)
    assert (len(first.files), first.rows) == (4, 3001)
    assert first.cursor_to == "2026-03-01T05:00:00+00:00"
    (parts,) = find_parts(settings, source, "lead", D1)[0]
    assert conform(settings, parts).rows == 3001
    (second,) = land(settings, source, D2)  # from a cursor on: few rows, in one query
    assert [file.name for file in second.files] == ["data.parquet"]


def test_database_partitions_of_a_small_table_and_of_a_view(crm) -> None:
    settings, connection = crm
    insert(connection, "only", "2026-03-01 12:00+08")
    source = source_of(settings, cursor=None, partitions=8)
    (manifest,) = land(settings, source, D1)
    assert [(file.name, file.rows) for file in manifest.files] == [("data-01.parquet", 1)]
    connection.execute("create view crm.seen as select * from crm.leads")
    source = source_of(settings, table="crm.seen", cursor=None, partitions=8)
    with pytest.raises(SourceError, match=r"crm.seen is no table of its own"):
        land(settings, source, D2)
