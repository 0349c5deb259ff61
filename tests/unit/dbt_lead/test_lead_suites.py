"""The suites of the lead tables are loud on a wrong build; on a right night all are quiet."""

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


@pytest.mark.parametrize(
    ("table", "sql", "said"),
    [
        (
            "leads",
            "update lead.leads set valid_at = null where is_valid",
            "a valid lead has valid_at, a company and a need",
        ),
        (
            "lead_cohort_daily",
            "update lead.lead_cohort_daily set valid_rate = 0 where not is_mature_valid",
            "no valid_rate before its time",
        ),
        (
            "call_daily",
            "update lead.call_daily set answered = attempts + 1",
            "effective_connects <= answered <= attempts",
        ),
    ],
)
def test_suite_fails_on_a_wrong_number(warehouse, tmp_path, table, sql, said):
    copy = tmp_path / "tampered.duckdb"
    shutil.copy(work_file(warehouse), copy)
    with duckdb.connect(str(copy)) as con:
        con.execute(sql)
    failed = {r.expected for r in blocking(run_suite(copy, load_suite("lead", table).pushed_down))}
    assert said in failed
