"""Kill the landing of a database table at each of its edges, land it again: one whole batch."""

import os
import signal
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

import ingest_case as case
from scoreboard import Facts
from throughline.connect.database import land_table
from throughline.landing import landed
from throughline.settings import Settings
from throughline.source_folders import Source

DAY = date(2026, 3, 1)
POINTS = (
    "land.in_transaction",
    "land.after_copy",
    "land.before_rename",
    "land.before_manifest",
    "land.after_manifest",
)
MAPPING = "select leads._file, leads._row, lead_id, created_at, status, updated_at from leads"
STREAM = {
    "way": "database",
    "connection": "crm",
    "table": "kills.leads",
    "key": ["lead_id"],
    "cursor": "updated_at",
}


@pytest.fixture
def crm(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Settings, Source]]:
    """A CRM of three leads, and the source that reads it."""
    monkeypatch.setenv("AIRFLOW_CONN_CRM", postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("drop schema if exists kills cascade; create schema kills")
        connection.execute(
            "create table kills.leads as select 'L' || n as lead_id, 'new' as status,"
            " '2026-03-01 12:00+08'::timestamptz as created_at,"
            " '2026-03-01 12:00+08'::timestamptz as updated_at from generate_series(1, 3) as n"
        )
    settings = case.make_settings(tmp_path)
    yield (
        settings,
        case.write_source(settings, "crm", {"leads": STREAM}, {"lead": MAPPING}, domain="crm"),
    )


def land(settings: Settings, source: Source, order: str) -> int:
    """Land the table in a forked process, and return the signal that ended it."""
    child = os.fork()
    if child == 0:
        try:
            os.environ["THROUGHLINE_FAULT"] = order
            land_table(settings, source, "leads", DAY)
        finally:
            os._exit(0)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def batches(settings: Settings) -> list[tuple[str, int | None, list[Any]]]:
    """Window, rows and content of every batch that exists."""
    return [
        (one.window, one.rows, case.rows(one.folder(settings) / "data.parquet", "lead_id, status"))
        for one in landed(settings, "crm", "leads")
    ]


def test_every_edge_of_landing_a_table_is_tried(
    crm: tuple[Settings, Source], tmp_path: Path
) -> None:
    record = tmp_path / "points"
    assert land(*crm, f"record:{record}") == 0
    assert tuple(record.read_text(encoding="utf-8").split()) == POINTS


@pytest.mark.parametrize("point", POINTS)
def test_table_killed_while_it_lands_is_landed_whole_and_once(
    crm: tuple[Settings, Source], point: str, facts: Facts
) -> None:
    settings, source = crm
    assert land(settings, source, f"{point}:kill") == signal.SIGKILL
    facts.killed(point)
    whole = [("2026-03-01", 3, [("L1", "new"), ("L2", "new"), ("L3", "new")])]
    assert batches(settings) == (whole if point == "land.after_manifest" else [])
    land_table(settings, source, "leads", DAY)
    is_same = batches(settings) == whole
    facts.compared(is_same)
    assert is_same
