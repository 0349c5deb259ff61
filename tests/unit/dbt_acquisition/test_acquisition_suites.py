"""The suites of acquisition tables are loud on a wrong build; on a right night all are quiet."""

import shutil
from pathlib import Path

import duckdb
import pytest

from throughline.checks.engine import run_suite
from throughline.checks.results import blocking
from throughline.checks.suites import load_suite
from warehouse_case import fetch


def work_file(warehouse: duckdb.DuckDBPyConnection) -> Path:
    return Path(
        fetch(warehouse, "select path from duckdb_databases() where path is not null")[0]["path"]
    )


def tampered(warehouse: duckdb.DuckDBPyConnection, folder: Path, sql: str) -> Path:
    copy = folder / "tampered.duckdb"
    shutil.copy(work_file(warehouse), copy)
    with duckdb.connect(str(copy)) as con:
        con.execute(sql)
    return copy


@pytest.mark.parametrize(
    ("table", "sql", "said"),
    [
        (
            "channel_roi",
            "update acquisition.channel_roi set credited_revenue = credited_revenue + 0.01"
            " where attribution_model = 'last' and channel = 'unattributed'",
            "credited_revenue of a month is the same in every model",
        ),
        (
            "channel_daily",
            "update acquisition.channel_daily set ad_spend = ad_spend + 0.01"
            " where channel = 'ALL' and campaign = 'ALL' and ad_spend > 0",
            "ad_spend of ALL is the sum of its parts",
        ),
        (
            "site_traffic",
            "update acquisition.site_traffic set uv = uv * 1000 where channel = 'ALL'",
            "uv of ALL lies between the largest part and the sum of parts",
        ),
        (
            "site_traffic",
            "update acquisition.site_traffic set bounce_rate = bounce_rate / 2",
            "bounce_rate is its _num / _den, NULL where that is 0",
        ),
    ],
)
def test_suite_fails_on_a_wrong_number(warehouse, tmp_path, table, sql, said):
    broken = tampered(warehouse, tmp_path, sql)
    failed = {
        r.expected
        for r in blocking(run_suite(broken, load_suite("acquisition", table).pushed_down))
    }
    assert said in failed
