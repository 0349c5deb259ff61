"""One engine per process, and a process forked from a warm one has its own."""

import multiprocessing
import os
from pathlib import Path

import duckdb

from throughline.checks.datasource import preload
from throughline.checks.engine import run_suite
from throughline.checks.suites import Suite

SUITE = Suite.model_validate(
    {
        "suite": "lead.leads",
        "owner": "sales-ops",
        "layer": "lead",
        "table": "leads",
        "expectations": [
            {
                "type": "expect_table_row_count_to_be_between",
                "kwargs": {"min_value": 2},
                "severity": "critical",
                "meta": {"why": "the test has two leads"},
            }
        ],
    }
)


def write(path: Path, rows: int = 2) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema if not exists lead")
        connection.execute(f"create or replace table lead.leads as from range({rows})")
    return path


def judge(path: Path) -> tuple[int, str]:
    return os.getpid(), run_suite(path, SUITE)[0].status


def test_forked_process_judges_although_its_parent_is_warm(tmp_path: Path) -> None:
    preload()
    path = write(tmp_path / "release.duckdb")
    assert judge(path) == (os.getpid(), "pass")
    with multiprocessing.get_context("fork").Pool(1) as pool:
        other, status = pool.apply_async(judge, (path,)).get(timeout=60)
    assert other != os.getpid()
    assert status == "pass"


def test_file_is_let_go_after_each_suite_so_it_can_be_written_and_judged_again(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "work.duckdb")
    assert judge(path)[1] == "pass"
    write(path, rows=1)
    assert judge(path)[1] == "fail"


def test_file_with_a_name_that_needs_quotes_is_judged(tmp_path: Path) -> None:
    folder = tmp_path / "o'brien's home"
    folder.mkdir()
    assert judge(write(folder / "2026-06-30-a1b2.duckdb"))[1] == "pass"


def test_view_that_names_its_own_catalog_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "work.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema core; create schema lead")
        connection.execute("create table core.rows as from range(2)")
        connection.execute('create view "work".lead.leads as from "work".core.rows')
    assert judge(path)[1] == "pass"


def test_file_opened_read_only_is_not_written(tmp_path: Path) -> None:
    path = write(tmp_path / "release.duckdb")
    path.chmod(0o444)
    before = path.read_bytes()
    assert judge(path)[1] == "pass"
    assert path.read_bytes() == before
    assert [child.name for child in tmp_path.iterdir()] == ["release.duckdb"]
