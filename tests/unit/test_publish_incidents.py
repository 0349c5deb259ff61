"""`audit.incidents` holds what the state database knows, or what the served release knew."""

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from alert_case import inbox, judged, receiver, report, settings
from throughline.alerts import register, report_passed
from throughline.checks.engine import run_suite
from throughline.checks.suites import load_suite
from throughline.night_alerts import report_checks
from throughline.publish.incidents import COLUMNS, write_incidents
from throughline.settings import Settings

__all__ = ["inbox", "receiver", "settings"]

NIGHT = date(2026, 6, 30)


def written(settings: Settings, path: Path) -> list[dict]:
    """Rows of the table in a fresh file, newest column order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as con:
        con.execute("set TimeZone = 'UTC'; create schema audit")
        write_incidents(con, settings)
        found = con.execute("select * from audit.incidents")
        names = [column[0] for column in found.description]
        assert names == list(COLUMNS)
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_incidents_are_published_with_their_life(settings: Settings, tmp_path: Path) -> None:
    report_checks(settings, NIGHT, [judged(1, "sales-ops")])
    report_checks(settings, NIGHT, [judged(1, "sales-ops")])
    (found,) = register.incidents(settings)
    register.acknowledge(settings, found["incident_id"], "li")
    report(settings, kind="task", subject="lifecycle.build", owner="data-platform")
    report_passed(settings, ["task"], ["lifecycle."], "2026-06-30")
    first, second = written(settings, tmp_path / "release.duckdb")
    assert first["dedup_key"] == "check/checks (sales-ops, critical)/2026-06-30"
    assert (first["status"], first["repeats"], first["acknowledged_by"]) == (
        "acknowledged",
        1,
        "li",
    )
    assert first["blast_radius"] == ["lead.table_1"]
    assert first["first_bad_run"] == "2026-06-30"
    assert (second["status"], second["owner"]) == ("resolved", "data-platform")
    assert second["opened_at"] < second["resolved_at"]
    results = run_suite(tmp_path / "release.duckdb", load_suite("audit", "incidents"))
    assert {r.expectation: r.observed for r in results if r.status != "pass"} == {}


def test_a_release_without_any_incident_has_the_empty_table(
    settings: Settings, tmp_path: Path
) -> None:
    assert written(settings, tmp_path / "release.duckdb") == []
    results = run_suite(tmp_path / "release.duckdb", load_suite("audit", "incidents"))
    assert {r.expectation: r.observed for r in results if r.status != "pass"} == {}


def test_history_is_that_of_the_served_release_while_the_database_is_away(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(settings)
    served = settings.release_folder / "2026-06-30-aaaaaaaa.duckdb"
    before = written(settings, served)
    settings.current.symlink_to(served)
    monkeypatch.setenv("THROUGHLINE_STATE_URL", "postgresql://127.0.0.1:9/state")
    assert written(settings, tmp_path / "away.duckdb") == before
    monkeypatch.delenv("THROUGHLINE_STATE_URL")
    assert len(written(settings, tmp_path / "unknown.duckdb")) == 1


def test_the_query_of_the_handbook_runs_on_the_published_table(
    settings: Settings, tmp_path: Path
) -> None:
    report(settings)
    report_passed(settings, ["check"], ["lead.leads"], "2026-06-30")
    written(settings, tmp_path / "release.duckdb")
    handbook = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
    (sql,) = re.findall(r"```sql\n(.*?)```", handbook, re.DOTALL)
    with duckdb.connect(str(tmp_path / "release.duckdb"), read_only=True) as con:
        ((owner, incidents, open_for),) = con.execute(sql).fetchall()
    assert (owner, incidents) == ("sales-ops", 1)
    assert open_for.total_seconds() >= 0
