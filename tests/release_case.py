"""Candidates of a few rows, made by hand, to publish without building anything."""

from datetime import date
from pathlib import Path

import duckdb

from throughline.publish.account import BUILD_INFO
from throughline.publish.candidate import candidate_path
from throughline.settings import Settings
from throughline.warehouse import Run


def make_candidate(
    settings: Settings, run_id: str, as_of: date, version: int = 1, passed: bool = True
) -> Run:
    """Write a candidate whose two tables and build_info bear the same version."""
    path = candidate_path(settings, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as con:
        con.execute(BUILD_INFO)
        con.execute(
            "insert into build_info by name select ? as run_id, ? as as_of, ? as code,"
            " now() as built_at, ? as is_passed, map {} as stale, map {'pass': 1} as checks,"
            " false as is_backdated",
            [run_id, as_of, str(version), passed],
        )
        con.execute("create schema lead; create schema payment")
        con.execute(f"create table lead.leads as select {version} as version from range(1000)")
        con.execute(
            f"create table payment.sales as select {version} as version, 1.5::decimal(18,2)"
            " as amount, date '2026-03-02' as day, ['a', 'b'] as tags from range(1000)"
        )
        con.execute("checkpoint")
    return Run(
        run_id=run_id,
        as_of=as_of,
        code=str(version),
        batches=(),
        connected=frozenset(),
        stale={},
        backdated=False,
        work_file=Path("none"),
    )
