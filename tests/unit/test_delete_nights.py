"""A lead without a trace and a deal with a tombstone: gone from the tables, and back again."""

from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest

import ingest_case as case
from delete_case import FIRST, SUNDAY, TABLE_SQL, counted, ids, night
from night_case import build_work, full_rebuild, rows_of, use_part_of_project
from throughline.publish.reconcile import reconcile
from throughline.settings import Settings
from throughline.sql_text import literal
from throughline.warehouse import connect, plan

MONDAY = SUNDAY + timedelta(days=1)
DEALS_SQL = """
select
    _file, _row, id as opportunity_id, 'a1' as account_id, 'new' as type, 'main' as business_line,
    'demo' as stage, changed as created_at, changed as updated_at
from deals
"""
DELETED_SQL = "select _file, _row, id as opportunity_id, deleted_at as updated_at from tombstones"


@pytest.fixture
def crm(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Settings, psycopg.Connection]:
    """A CRM of three leads and two deals, before its first night."""
    monkeypatch.setenv("AIRFLOW_CONN_VENDOR", postgres_url)
    connection = psycopg.connect(postgres_url, autocommit=True)
    connection.execute(
        "drop schema if exists gone cascade; create schema gone;"
        "create table gone.leads as select 'L000' || n as id, now() as created,"
        " '2026-03-04 04:00Z'::timestamptz as changed, 'new' as status, 'Name' as name"
        " from generate_series(1, 3) as n;"
        "create table gone.deals as select 'D' || n as id,"
        " '2026-03-04 04:00Z'::timestamptz as changed from generate_series(1, 2) as n;"
        "create table gone.tombstones (id text, deleted_at timestamptz)"
    )
    settings = case.make_settings(tmp_path)
    table = {"way": "database", "connection": "vendor", "key": ["id"], "lag_hours": 1}
    case.write_source(
        settings,
        "vendor",
        {
            "leads": {**table, "table": "gone.leads", "cursor": "changed"},
            "deals": {**table, "table": "gone.deals", "cursor": "changed"},
            "tombstones": {**table, "table": "gone.tombstones", "cursor": "deleted_at"},
        },
        {"lead": TABLE_SQL, "opportunity": DEALS_SQL, "opportunity.deletes": DELETED_SQL},
        {
            "lead": {"streams": ["leads"], "sweep": {"weekday": "sunday"}},
            "opportunity": {"streams": ["deals"], "deletes": ["tombstones"]},
        },
        domain="crm",
    )
    return settings, connection


def balance(settings: Settings, as_of: date) -> list[tuple]:
    """Entity, landed, duplicate, excluded and loaded rows, and what does not add up."""
    run, file = plan(settings, as_of), settings.home / "candidate.duckdb"
    file.unlink(missing_ok=True)
    with connect(settings, file) as con:
        con.execute(f"attach {literal(run.work_file)} as work (read_only)")
        con.execute("create schema audit")
        reconcile(con, run)
        return con.execute(
            "select entity, landed_rows, duplicate_rows, excluded_rows, loaded_rows, difference"
            " from audit.reconciliation order by entity"
        ).fetchall()


def staged(settings: Settings, as_of: date) -> tuple[list[str], list[str]]:
    """Ids of the leads and the deals that staging holds."""
    file = plan(settings, as_of).work_file
    leads = rows_of(file, "select lead_id from staging.stg_lead order by 1")
    deals = rows_of(file, "select opportunity_id from staging.stg_opportunity order by 1")
    return [row[0] for row in leads], [row[0] for row in deals]


@pytest.mark.slow
def test_a_deleted_lead_and_deal_count_no_more_and_are_back_when_they_return(crm) -> None:
    settings, connection = crm
    use_part_of_project(settings, "stg_lead", "stg_opportunity", "late_rows")
    night(settings, FIRST)
    connection.execute(
        "delete from gone.leads where id = 'L0002'; delete from gone.deals where id = 'D1';"
        "insert into gone.tombstones values ('D1', '2026-03-07 05:00Z')"
    )
    assert night(settings, SUNDAY)[1] == []
    build_work(settings, SUNDAY)
    assert staged(settings, SUNDAY) == (ids(1, 3), ["D2"])
    # 3 leads, 2 read again within the lag, a row of the sweep: L0002 is hidden by its tombstone;
    # 2 deals, 1 read again, a row of the feed
    assert balance(settings, SUNDAY) == [("lead", 6, 3, 1, 2, 0), ("opportunity", 4, 2, 1, 1, 0)]
    assert counted(settings, date(2026, 3, 6), "opportunity") == ["D1", "D2"]
    connection.execute(
        "insert into gone.leads values ('L0002', now(), '2026-03-09 04:00Z', 'new', 'Name');"
        "insert into gone.deals values ('D1', '2026-03-09 04:00Z')"
    )
    night(settings, MONDAY)
    tables, _ = build_work(settings, MONDAY)
    assert staged(settings, MONDAY) == (ids(1, 2, 3), ["D1", "D2"])
    assert {row[-1] for row in balance(settings, MONDAY)} == {0}
    assert tables == full_rebuild(settings, MONDAY)
