"""P25, P26: each fault of a night reaches its owner, once, however often it is seen.

The functions are those that Airflow's tasks and callbacks call; a task that is killed on its last
try, and the watchdog on a real scheduler, are tried in the running stack (`tests/e2e`).
"""

import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

import ingest_case as case
from alert_case import (
    Inbox,
    Receiver,
    change,
    inbox,
    new_database,
    receiver,
    report,
    rows,
    write_settings,
)
from night_case import DAY, make_home, outcomes, put
from release_case import make_candidate
from scoreboard import Facts
from small_company import ENTITIES, at, put_lists
from throughline import night
from throughline.alerts import deliver
from throughline.errors import CheckFailed
from throughline.extract import extract_domain, extract_source, finish_domain
from throughline.failed_run import report_failed_run, report_good_run
from throughline.night_report import NightReport, write_report
from throughline.nights import interval
from throughline.settings import Settings, load_settings, process_environment

__all__ = ["inbox", "receiver"]

HOOK = {"webhook": {"url_env": "THROUGHLINE_WEBHOOK_URL"}}
CUT = case.call_lines("1,in,13800138000,2026-03-01 10:00:00,missed")[:-4]
WHOLE = case.call_lines("1,in,13800138000,2026-03-01 10:00:00,missed")
WAIT = """
import sys
from datetime import date
from pathlib import Path
from throughline import night
from throughline.settings import load_settings
night.wait_for_outcomes(load_settings(Path(sys.argv[1])), date.fromisoformat(sys.argv[2]), 0.01)
"""


@pytest.fixture
def state(
    receiver: Receiver,
    httpserver: HTTPServer,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Receiver:
    """An empty state database and a webhook, both in the environment."""
    monkeypatch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
    monkeypatch.setenv("THROUGHLINE_WEBHOOK_URL", httpserver.url_for("/hook"))
    return receiver


@pytest.fixture
def phones(state: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home whose one source belongs to phones-team."""
    settings = case.make_settings(tmp_path, alerts=HOOK)
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(settings.config_file))
    monkeypatch.setenv("THROUGHLINE_PII_KEY", "k")
    case.write_source(settings)
    return settings


def context(settings: Settings, dag_id: str, task_id: str, owner: str, as_of: Any) -> dict:
    """What Airflow hands to a callback of a DAG."""
    task = SimpleNamespace(owner=owner, task_id=task_id)
    dag = SimpleNamespace(dag_id=dag_id, get_task=lambda _: task)
    start = interval(settings, as_of)[0]
    return {"dag": dag, "ti": task, "logical_date": start, "run_id": f"night__{as_of}"}


def opened(receiver: Receiver) -> list[str]:
    """Owners of the news so far, in their order."""
    return [one["owner"] for one in receiver.messages if one["event"] == "opened"]


def test_source_that_fails_is_told_once_by_task_domain_and_night_and_its_end_too(
    phones: Settings, state: Receiver, facts: Facts
) -> None:
    case.drop(phones, "calls_2026-03-01.csv", CUT)
    failed = context(phones, "extract_calls", "phones", "phones-team", case.NIGHT)
    for _ in range(2):  # the task is tried again, and its callback comes twice
        assert extract_source(phones, "phones", case.NIGHT).errors
        finish_domain(phones, "calls", case.NIGHT, ["phones"])
        report_failed_run(failed)
        night.wait_for_outcomes(phones, case.NIGHT, poll_seconds=0.01)
    facts.told("phones-team", opened(state))
    (message,) = state.messages
    assert (message["owner"], message["severity"]) == ("phones-team", "critical")
    assert "calls_2026-03-01.csv" in message["summary"]
    case.drop(phones, "calls_2026-03-01.csv", WHOLE)
    assert extract_domain(phones, "calls", case.NIGHT).status == "ok"
    report_good_run(failed)
    assert [one["event"] for one in state.messages] == ["opened", "resolved"]


def test_two_failed_sources_of_a_domain_reach_two_owners(
    phones: Settings, state: Receiver, facts: Facts
) -> None:
    case.write_source(phones, "doors", owner="door-team")
    case.drop(phones, "calls_2026-03-01.csv", CUT)
    assert extract_domain(phones, "calls", case.NIGHT).status == "failed"
    night.wait_for_outcomes(phones, case.NIGHT, poll_seconds=0.01)
    assert sorted(opened(state)) == ["door-team", "phones-team"]
    for owner in opened(state):
        facts.told(owner, [owner])


def test_source_that_failed_and_was_taken_out_since_does_not_stop_the_night(
    phones: Settings, state: Receiver, facts: Facts
) -> None:
    case.write_source(phones, "doors", owner="door-team")
    case.drop(phones, "calls_2026-03-01.csv", CUT)
    extract_domain(phones, "calls", case.NIGHT)
    for name in ("source.yml", "cdr.sql"):
        (phones.sources_path[0] / "doors" / name).unlink()
    (phones.sources_path[0] / "doors").rmdir()
    night.wait_for_outcomes(phones, case.NIGHT, poll_seconds=0.01)
    facts.told("phones-team", opened(state))
    assert opened(state) == ["phones-team"]


def test_missed_cutoff_reaches_the_owner_once_though_the_night_was_killed_before_it_told(
    phones: Settings, state: Receiver, facts: Facts
) -> None:
    command = [sys.executable, "-c", WAIT, str(phones.config_file), case.NIGHT.isoformat()]
    environment = process_environment(THROUGHLINE_FAULT="night.waited:kill")
    killed = subprocess.run(command, env=environment, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    facts.killed("night.waited")
    assert state.messages == []
    for _ in range(2):
        assert night.wait_for_outcomes(phones, case.NIGHT, poll_seconds=0.01) == {"calls": None}
    outcome = context(phones, "extract_calls", "outcome", "data-platform", case.NIGHT)
    report_failed_run(outcome)  # the task that had to say the outcome failed: the same fact
    facts.told("phones-team", opened(state))
    assert opened(state) == ["phones-team"]
    case.drop(phones, "calls_2026-03-01.csv", WHOLE)
    extract_domain(phones, "calls", case.NIGHT)
    night.wait_for_outcomes(phones, case.NIGHT, poll_seconds=0.01)
    assert [one["event"] for one in state.messages] == ["opened", "resolved"]


@pytest.mark.parametrize("task_id", ["wait_for_outcomes", "build", "publish"])
def test_task_of_the_night_that_dies_reaches_the_owner_once(
    phones: Settings, state: Receiver, facts: Facts, task_id: str
) -> None:
    failed = context(phones, "lifecycle", task_id, "data-platform", case.NIGHT)
    for _ in range(3):
        report_failed_run(failed)
    facts.told("data-platform", opened(state))
    assert opened(state) == ["data-platform"]
    report_good_run(failed)
    assert [one["event"] for one in state.messages] == ["opened", "resolved"]


def test_failed_publish_keeps_the_served_release_and_reaches_the_owner_once(
    phones: Settings, state: Receiver, facts: Facts
) -> None:
    before, as_of = case.NIGHT, case.NIGHT + timedelta(days=1)
    for day in (before, as_of):
        run = make_candidate(phones, f"{day}-aaaaaaaa", day)
        audited = NightReport(
            *(day.isoformat(), run.run_id, run.code, "audited", False, "work.duckdb"),
            *([], {}, [], []),
        )
        write_report(phones, audited)
    night.publish(phones, before)
    release = phones.release_folder / f"{as_of}-aaaaaaaa.duckdb"
    release.mkdir()  # something is where the release must go
    for _ in range(2):
        with pytest.raises(OSError):
            night.publish(phones, as_of)
        report_failed_run(context(phones, "lifecycle", "publish", "data-platform", as_of))
    facts.told("data-platform", opened(state))
    (message,) = state.messages
    assert message["served"] == f"{before}-aaaaaaaa"
    assert phones.current.readlink().stem == f"{before}-aaaaaaaa"


def test_failed_check_of_a_real_night_reaches_the_owner_of_the_check_once(
    state: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, facts: Facts
) -> None:
    settings = make_home(tmp_path, ENTITIES, alerts=HOOK)
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(settings.config_file))
    put_lists(settings, DAY)
    lead = {"lead_id": "l1", "created_at": at(DAY, 9), "updated_at": at(DAY, 9), "status": "?"}
    put(settings, "lead", [lead], DAY)
    outcomes(settings, DAY)
    with pytest.raises(CheckFailed, match=r"core\.fct_lead"):
        night.build(settings, DAY)
    for _ in range(2):
        report_failed_run(context(settings, "lifecycle", "build", "data-platform", DAY))
    critical = [one for one in state.messages if one["severity"] == "critical"]
    facts.told("sales-ops", [one["owner"] for one in critical])
    (message,) = critical
    assert message["owner"] == "sales-ops"
    assert "status" in message["detail"]
    assert "lead.leads" in message["blast_radius"]
    assert message["first_bad_run"].startswith(f"{DAY}-")
    assert "Behind it: " in message["text"] and "tables: " in message["text"]


def refusals() -> list[Response]:
    """The ways an endpoint says no, again and again for far longer than half an hour."""
    kinds: tuple[Callable[[], Response], ...] = (
        lambda: Response(status=500),
        lambda: Response(status=429, headers={"Retry-After": "60"}),
        lambda: Response('{"errcode": 310000, "errmsg": "sign not match"}'),
        lambda: Response(status=503),
    )
    return [kind() for _ in range(100) for kind in kinds]


def test_endpoint_that_is_down_for_half_an_hour_loses_nothing_and_doubles_nothing(
    state: Receiver, inbox: Inbox, tmp_path: Path, facts: Facts
) -> None:
    """The clock is compressed: half a minute passes by moving every due time by so much."""
    write_settings(
        tmp_path,
        "  webhook: {}\n"
        f"  email: {{host: 127.0.0.1, port: {inbox.port}, sender: alerts@example.com}}\n"
        "  routes: {sales-ops: {channels: [webhook], backup: email}}\n",
    )
    settings = load_settings(tmp_path / "throughline.yml")
    state.planned = refusals()
    for half_minute in range(60):
        if half_minute in (0, 20, 40):
            report(settings, subject=f"lead.table_{half_minute}")
        report(settings, subject="lead.table_0")  # every attempt of the night sees it again
        pass_half_a_minute(settings)
        deliver(settings)
    assert state.accepted == []
    assert len(inbox.mails) == 3, "the second channel was told of each, after three refusals"
    state.planned.clear()
    late = 0
    while rows(settings, "select from throughline.outbox where sent_at is null") and late < 10:
        pass_half_a_minute(settings)
        deliver(settings)
        late += 1
    assert late <= 10, "within five minutes of its return"
    told = sorted(message["subject"] for message in state.messages)
    for number in (0, 20, 40):
        facts.told("sales-ops", ["sales-ops"] * told.count(f"lead.table_{number}"))
    assert told == ["lead.table_0", "lead.table_20", "lead.table_40"]
    assert len(inbox.mails) == 3


def pass_half_a_minute(settings: Settings) -> None:
    change(
        settings,
        "update throughline.outbox set sent_at = sent_at - interval '30 seconds', "
        "next_attempt_at = next_attempt_at - interval '30 seconds'",
    )
