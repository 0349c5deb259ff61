"""A home with two real extracts, reports and releases written by the code that writes them."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
from fastapi import HTTPException, Request
from fastapi.testclient import TestClient

import ingest_case
from release_case import make_candidate
from throughline import fence, landing
from throughline.checks.results import CheckResult
from throughline.extract import extract_domain
from throughline.night_report import NightReport, write_report
from throughline.page import Visitor, create_app
from throughline.publish import publish
from throughline.publish.account import CHECK_RESULTS, write_results
from throughline.publish.candidate import candidate_path
from throughline.settings import Settings

D1, D2 = date(2026, 3, 1), date(2026, 3, 2)
HOSTILE = "<script>alert(1)</script>{{7*7}}"
"""Text of a source that must stay text."""

PHONE = "13800138000"
_FRESHNESS = (
    "create table audit.source_freshness as select 'run' as run_id, 'phones' as source,"
    " 'cdr' as entity, 'calls' as domain, timestamptz '2026-03-01 10:00:00Z' as last_event_at,"
    " timestamptz '2026-03-01 20:00:00Z' as last_received_at, 120 as rows,"
    " date '2026-03-01' as data_through, 6.0 as lag_hours, 'held' as outcome, true as is_stale;"
    "create table audit.table_freshness as select 'run' as run_id, 'lead' as schema_name,"
    " 'leads' as table_name, date '2026-03-01' as data_through, ['calls'] as stale_domains,"
    " true as is_stale"
)


def make_home(folder: Path) -> Settings:
    """Two nights: the first passed and was released, the second was held and failed a check."""
    settings = ingest_case.make_settings(folder)
    ingest_case.write_source(settings)
    for night, bad in ((D1, 0), (D2, 2)):
        ingest_case.drop(settings, f"calls_{night}.csv", _calls(night, bad))
        extract_domain(settings, "calls", night)
    release(settings, "run-one", D1, [result("lead.leads", "pass")])
    release(settings, "run-two", D2, [result("core.fct_call", "pass")])
    write_report(settings, _report(D1, "run-one", "unchanged", {}))
    steps = {"build": at(18, 5), "audit": at(18, 7)}
    failed = _report(D2, "run-two", "failed", {name: [begun] * 2 for name, begun in steps.items()})
    failed.checks.extend(
        [
            result("core.fct_call", "fail", "critical", observed=f"3 of 9 rows {HOSTILE}"),
            result("core.fct_call", "pass"),
            result("staging.stg_cdr", "error", "warning"),
            result("lead.leads", "pass"),
        ]
    )
    write_report(settings, failed.but(error=f"1 critical check did not pass {HOSTILE}"))
    return settings


def result(suite: str, status: str, severity: str = "critical", **more: Any) -> CheckResult:
    """One check result with every field filled."""
    layer, table = suite.split(".")
    given = {
        "expectation": "expect_column_values_to_not_be_null[call_id]",
        "observed": "0 of 9 rows",
        "expected": "no row",
        "unexpected_rows": 3,
        "seconds": 0.1,
        "owner": "sales-ops",
        "why": f"a call without an id counts twice {HOSTILE}",
        **more,
    }
    return CheckResult(
        suite=suite, layer=layer, table_name=table, severity=severity, status=status, **given
    )


def release(settings: Settings, run_id: str, as_of: date, results: list[CheckResult]) -> None:
    """Publish a small release with its account of checks and freshness."""
    run = make_candidate(settings, run_id, as_of)
    with duckdb.connect(str(candidate_path(settings, run_id))) as con:
        con.execute("create schema audit")
        con.execute(CHECK_RESULTS)
        write_results(con, run_id, results)
        con.execute(_FRESHNESS)
    with fence.taken(settings, run_id, as_of) as held:
        publish(settings, run, held)


def visit(settings: Settings, visitor: Visitor | None) -> TestClient:
    """The app as this visitor sees it, mounted nowhere; None is somebody who is not logged in."""

    def who(request: Request) -> Visitor:
        if visitor is None:
            raise HTTPException(401, "Not authenticated")
        return visitor

    app = create_app(who, lambda path: f"/login?next={path}", lambda: settings)
    return TestClient(app, base_url="http://here", follow_redirects=False)


def at(hour: int, minute: int = 0) -> str:
    """An instant of the second night, UTC, ISO."""
    return datetime(2026, 3, 2, hour, minute, tzinfo=UTC).isoformat()


def held_batch(settings: Settings) -> landing.InputBatch:
    """The batch of the second night, which the input gate held."""
    return next(b for b in landing.input_batches(settings) if b.as_of == D2)


def _report(as_of: date, run_id: str, status: str, steps: dict[str, list[str]]) -> NightReport:
    return NightReport(
        as_of=as_of.isoformat(),
        run_id=run_id,
        code="c",
        status=status,
        backdated=False,
        work_file="none",
        connected=["cdr"],
        stale={},
        batch_ids=[],
        batches=[],
        seconds={"dbt_core": 61.5, "copy": 2.0},
        models={"core.fct_call": 3.5},
        steps=steps,
    )


def _calls(night: date, bad: int) -> str:
    start = f"{night} 10:00:00"
    lines = [f"{night}-{n},in,{PHONE},{start},missed" for n in range(120)]
    return ingest_case.call_lines(
        *lines, *(f"{night}-x{n},up,{PHONE},{start},missed" for n in range(bad))
    )
