from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from night_case import DAY, make_home, put
from small_company import ad_spend, at
from throughline.publish.reconcile import reconcile, reconciliation_results
from throughline.settings import Settings
from throughline.sql_text import literal
from throughline.warehouse import connect, plan, prepare

SURVIVORS = f"account_id = 'merged' or account_id = 'changed' and updated_at = '{at(DAY, 10)}'"
COLUMNS = "landed_rows, duplicate_rows, excluded_rows, loaded_rows, difference, amount_difference"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Spend of DAY restated once; accounts: one changed, one deleted, one merged, one future."""
    settings = make_home(tmp_path, ["ad_spend_daily", "account"])
    put(settings, "ad_spend_daily", [ad_spend(DAY, 10)], DAY - timedelta(days=1), "first")
    put(settings, "ad_spend_daily", [ad_spend(DAY, 25)], DAY, "second")
    rows = [
        {"account_id": "changed", "updated_at": at(DAY, 9)},
        {"account_id": "changed", "updated_at": at(DAY, 10)},
        {"account_id": "deleted", "updated_at": at(DAY, 9), "is_deleted": True},
        {
            "account_id": "merged",
            "updated_at": at(DAY, 9),
            "is_deleted": True,
            "merged_into_id": "changed",
        },
        {"account_id": "future", "updated_at": at(DAY + timedelta(days=1), 0)},
    ]
    put(settings, "account", [{"name": "Nordwind", **row} for row in rows], DAY, "snapshot")
    return settings


def _reconcile(settings: Settings, staged: dict[str, str]) -> dict[str, tuple]:
    run = plan(settings, DAY)
    prepare(settings, DAY, settings.work_file, run.batches, run.run_id)
    with connect(settings, settings.work_file) as con:
        con.execute("create schema staging")
        for entity, condition in staged.items():
            con.execute(
                f"create table staging.stg_{entity} as"
                f" select * from input.{entity} where {condition}"
            )
    with connect(settings, settings.home / "candidate.duckdb") as con:
        con.execute(f"attach {literal(settings.work_file)} as work (read_only)")
        con.execute("create schema audit")
        reconcile(con, run)
        failed = {r.expectation for r in reconciliation_results(con) if r.status == "fail"}
        rows = con.execute(
            f"select entity, {COLUMNS} from audit.reconciliation where date is null"
        ).fetchall()
    return {**{row[0]: row[1:] for row in rows}, "failed": failed}


def test_counted_duplicates_and_exclusions_explain_every_landed_row(settings):
    found = _reconcile(
        settings,
        {
            "ad_spend_daily": "cost = 25",
            "account": SURVIVORS,
        },
    )
    # landed 5 = 1 duplicate (changed, older) + 2 excluded (deleted, future) + 2 loaded
    assert found["account"][:5] == (5, 1, 2, 2, 0)
    # landed 2 rows of 35 = 1 duplicate of 10 + 1 loaded of 25
    assert found["ad_spend_daily"] == (2, 1, 0, 1, 0, Decimal("0.0000"))
    assert found["failed"] == set()


def test_a_lost_row_fails_its_entity(settings):
    found = _reconcile(
        settings, {"ad_spend_daily": "cost = 25", "account": "account_id = 'merged'"}
    )
    assert found["account"][4] == 1
    assert found["failed"] == {"landed_rows_are_loaded.crm_system.account"}


def test_the_wrong_version_of_a_report_row_fails_by_its_amount(settings):
    found = _reconcile(
        settings,
        {
            "ad_spend_daily": "cost = 10",
            "account": SURVIVORS,
        },
    )
    assert found["ad_spend_daily"][4:] == (0, Decimal("15.0000"))
    assert found["failed"] == {"landed_rows_are_loaded.marketing_system.ad_spend_daily"}


def test_an_entity_without_a_staging_table_has_loaded_nothing(settings):
    found = _reconcile(settings, {"ad_spend_daily": "cost = 25"})
    assert found["account"][3:5] == (0, 2)
