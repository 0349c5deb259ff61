"""P27: an incident that is over is announced once; one that is known stays silent."""

import dataclasses
import json
import os
import threading
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner
from werkzeug import Response

from alert_case import (
    Inbox,
    Receiver,
    change,
    due_now,
    inbox,
    judged,
    receiver,
    report,
    rows,
    settings,
)
from throughline import alerts, cli
from throughline.alerts import deliver, register, report_passed
from throughline.failed_run import report_failed_run, report_good_run
from throughline.landing import Outcome
from throughline.night_alerts import report_checks, report_domain
from throughline.night_report import NightReport, write_report
from throughline.settings import Settings

__all__ = ["inbox", "receiver", "settings"]

NIGHT, NEXT = date(2026, 6, 30), date(2026, 7, 1)


def events(receiver: Receiver) -> list[str]:
    return [message["event"] for message in receiver.messages]


def outcome(status: str) -> Outcome:
    return Outcome("crm", NIGHT, status, "why", [], datetime.now(UTC))  # type: ignore[arg-type]


def back_by(settings: Settings, interval: str) -> None:
    """Let every incident have been opened so much earlier."""
    change(
        settings, f"update throughline.incidents set opened_at = opened_at - interval '{interval}'"
    )


def test_check_that_passes_on_a_rerun_is_resolved_once_with_its_duration(
    settings: Settings, receiver: Receiver, inbox: Inbox
) -> None:
    report_checks(settings, NIGHT, [judged(1, "sales-ops"), judged(2, "sales-ops")])
    back_by(settings, "125 minutes")
    report_checks(settings, NIGHT, [judged(1, "sales-ops", status="pass"), judged(2, "sales-ops")])
    assert events(receiver) == ["opened"], "one of two checks is still broken"
    fixed = [judged(number, "sales-ops", status="pass") for number in (1, 2)]
    for _ in range(3):
        report_checks(settings, NIGHT, fixed)
    assert events(receiver) == ["opened", "resolved"]
    assert "Resolved: after 2 h 5 min, by a later run" in receiver.messages[1]["text"]
    assert [mail["Subject"].split("]")[0] for mail in inbox.mails] == [
        "[throughline critical",
        "[throughline resolved",
    ]


@pytest.mark.parametrize("status", ["error", "fail"])
def test_check_that_did_not_pass_resolves_nothing(
    settings: Settings, receiver: Receiver, status: str
) -> None:
    report_checks(settings, NIGHT, [judged(1, "sales-ops")])
    report_checks(settings, NIGHT, [judged(1, "sales-ops", status=status)])
    assert events(receiver) == ["opened"]


def test_check_that_is_renamed_ends_its_incident_and_says_why(
    settings: Settings, receiver: Receiver
) -> None:
    report_checks(settings, NIGHT, [judged(1, "sales-ops")])
    core = dataclasses.replace(judged(9, "sales-ops", status="pass"), suite="core.fct_lead")
    report_checks(settings, NEXT, [core])
    assert events(receiver) == ["opened"], "its layer was not judged"
    renamed = dataclasses.replace(judged(1, "sales-ops", status="pass"), expectation="new[name]")
    report_checks(settings, NEXT, [renamed])
    assert events(receiver) == ["opened", "resolved"]
    assert "the check is not there any more" in receiver.messages[1]["text"]
    assert register.incidents(settings, True)[0]["end_reason"].endswith("renamed or deleted")


def test_check_that_was_not_judged_tonight_keeps_its_incident(
    settings: Settings, receiver: Receiver
) -> None:
    told = {"blocks": "nothing", "command": "throughline status", "whole": False}
    for night, number, status in ((NIGHT, 1, "fail"), (NEXT, 2, "pass")):
        some = [judged(number, "sales-ops", "warning", status)]
        alerts.report_checks(settings, some, window=str(night), **told)
    assert events(receiver) == ["opened"]


def test_check_that_is_not_applicable_any_more_ends_its_incident_and_says_why(
    settings: Settings, receiver: Receiver
) -> None:
    report_checks(settings, NIGHT, [judged(1, "sales-ops")])
    report_checks(settings, NEXT, [judged(1, "sales-ops", status="not_applicable")])
    assert events(receiver) == ["opened", "resolved"]
    assert "the check is not applicable any more" in receiver.messages[1]["text"]


def test_first_bad_run_is_that_of_the_first_night_with_the_same_failure(
    settings: Settings, receiver: Receiver
) -> None:
    def since() -> dict[str, str]:
        found = register.incidents(settings)
        return {row["window"]: row["first_bad_run"] for row in found}

    report_checks(settings, NIGHT, [judged(1, "sales-ops")])
    report_checks(settings, NEXT, [judged(1, "sales-ops"), judged(2, "sales-ops")])
    assert since() == {str(NIGHT): str(NIGHT), str(NEXT): str(NIGHT)}
    report_checks(settings, NEXT, [judged(n, "sales-ops", status="pass") for n in (1, 2)])
    report_checks(settings, NEXT, [judged(1, "sales-ops")])
    assert since() == {str(NEXT): str(NEXT)}, "it was whole in between"


def test_nights_of_one_broken_check_end_with_one_notice(
    settings: Settings, receiver: Receiver
) -> None:
    report_checks(settings, NIGHT, [judged(1, "sales-ops")])
    report_checks(settings, NEXT, [judged(1, "sales-ops")])
    report_checks(settings, NEXT, [judged(1, "sales-ops", status="pass")])
    assert events(receiver) == ["opened", "opened", "resolved"]
    assert rows(
        settings, "select count(*) from throughline.incidents where resolved_at is null"
    ) == [(0,)]


def test_earlier_night_that_passes_says_nothing_about_a_later_one(
    settings: Settings, receiver: Receiver
) -> None:
    report_checks(settings, NEXT, [judged(1, "sales-ops")])
    report_checks(settings, NIGHT, [judged(1, "sales-ops", status="pass")])
    assert events(receiver) == ["opened"]


def test_domain_that_delivers_again_is_resolved(settings: Settings, receiver: Receiver) -> None:
    report_domain(settings, NIGHT, "crm", None)
    report_domain(settings, NIGHT, "crm", outcome("failed"))
    report_domain(settings, NEXT, "calls", outcome("ok"))
    assert events(receiver) == ["opened", "opened"]
    report_domain(settings, NEXT, "crm", outcome("ok"))
    assert sorted(events(receiver)) == ["opened", "opened", "resolved", "resolved"]


def test_failed_task_is_resolved_by_the_next_good_run_of_its_dag(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(settings.config_file))

    def context(dag_id: str, day: int) -> dict:
        task = SimpleNamespace(owner="data-platform", task_id="build")
        dag = SimpleNamespace(dag_id=dag_id, get_task=lambda _: task)
        return {"dag": dag, "ti": task, "logical_date": datetime(2026, 6, day, 2, tzinfo=UTC)}

    report_failed_run(context("lifecycle", 29))
    report_good_run(context("extract_crm", 30))
    assert events(receiver) == ["opened"]
    report_good_run(context("lifecycle", 30))
    assert events(receiver) == ["opened", "resolved"]
    report_failed_run(context("lifecycle", 30))
    assert events(receiver) == ["opened", "resolved", "opened"]


def test_task_stopped_by_failed_checks_is_told_by_the_checks_alone(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_CONFIG", str(settings.config_file))
    night = date(2026, 6, 28)
    stopped = NightReport(
        *(night.isoformat(), "run", "code", "failed", False, "work.duckdb"),
        *([], {}, [], []),
        checks=[judged(1, "sales-ops", status="fail")],
    )
    write_report(settings, stopped)
    task = SimpleNamespace(owner="data-platform", task_id="build")
    dag = SimpleNamespace(dag_id="lifecycle", get_task=lambda _: task)
    at = datetime(2026, 6, 28, 2, tzinfo=UTC)
    report_failed_run({"dag": dag, "ti": task, "logical_date": at})
    assert events(receiver) == []
    # Without a failed check the same task is told of: it was killed, or dbt broke.
    write_report(settings, stopped.but(checks=[]))
    report_failed_run({"dag": dag, "ti": task, "logical_date": at})
    assert events(receiver) == ["opened"]


def test_incident_that_opens_again_is_told_again(settings: Settings, receiver: Receiver) -> None:
    for _ in range(2):
        report(settings)
        report_passed(settings, ["check"], ["lead.leads"], "2026-06-30")
    assert events(receiver) == ["opened", "resolved"] * 2
    keys = {message["idempotency_key"] for message in receiver.messages}
    assert len(keys) == 4


def test_resolved_notice_follows_the_news_even_after_an_outage(
    settings: Settings, receiver: Receiver
) -> None:
    receiver.planned = [Response(status=500)]
    report(settings)
    report_passed(settings, ["check"], ["lead.leads"], "2026-06-30")
    assert events(receiver) == []
    due_now(settings)
    deliver(settings)
    assert events(receiver) == ["opened", "resolved"]


def test_eight_processes_that_see_the_recovery_announce_it_once(
    settings: Settings, receiver: Receiver
) -> None:
    report(settings)
    said = (settings, ["check"], ["lead.leads"], "2026-06-30")
    threads = [threading.Thread(target=report_passed, args=said) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert events(receiver) == ["opened", "resolved"]


def test_recovery_seen_while_the_database_is_down_arrives_in_its_order(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    working = os.environ["THROUGHLINE_STATE_URL"]
    monkeypatch.setenv("THROUGHLINE_STATE_URL", "postgresql://127.0.0.1:9/state")
    report(settings)
    report_passed(settings, ["check"], ["lead.leads"], "2026-06-30")
    monkeypatch.setenv("THROUGHLINE_STATE_URL", working)
    assert deliver(settings).drained == 2
    assert events(receiver) == ["opened", "resolved"]


def test_where_nothing_was_ever_reported_a_pass_leaves_nothing_behind(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THROUGHLINE_STATE_URL")
    report_passed(settings, ["check"], ["lead.leads"], "2026-06-30")
    assert not (settings.home / "alerts").exists()


def test_acknowledged_failure_is_silent_on_later_nights_and_announced_when_over(
    settings: Settings, receiver: Receiver
) -> None:
    report_checks(settings, NIGHT, [judged(1, "sales-ops")])
    (open_,) = register.incidents(settings)
    assert register.acknowledge(settings, open_["incident_id"], "li") is True
    assert register.acknowledge(settings, open_["incident_id"], "wang") is False
    report_checks(settings, NIGHT, [judged(1, "sales-ops")])
    report_checks(settings, NEXT, [judged(1, "sales-ops")])
    assert events(receiver) == ["opened"]
    assert {found["acknowledged_by"] for found in register.incidents(settings)} == {"li"}
    report_checks(settings, NEXT, [judged(1, "sales-ops", status="pass")])
    assert events(receiver) == ["opened", "resolved"]


def test_another_failure_on_a_later_night_is_told_though_the_first_is_acknowledged(
    settings: Settings, receiver: Receiver
) -> None:
    report_checks(settings, NIGHT, [judged(1, "sales-ops")])
    register.acknowledge(settings, register.incidents(settings)[0]["incident_id"], "li")
    report_checks(settings, NEXT, [judged(1, "sales-ops"), judged(2, "sales-ops")])
    assert events(receiver) == ["opened", "opened"]


def test_acknowledging_takes_back_what_is_not_sent_yet(
    settings: Settings, receiver: Receiver, inbox: Inbox
) -> None:
    receiver.planned = [Response(status=500)]
    report(settings)
    register.acknowledge(settings, register.incidents(settings)[0]["incident_id"], "li")
    due_now(settings)
    deliver(settings)
    register.resolve(settings, register.incidents(settings)[0]["incident_id"], "li")
    deliver(settings)
    assert events(receiver) == [], "the hook heard nothing of it, so it hears of no end either"
    assert len(inbox.mails) == 2


@pytest.fixture
def throughline(settings: Settings):
    def run(*words: str) -> tuple[int, str]:
        environment = {"THROUGHLINE_CONFIG": str(settings.config_file)}
        ran = CliRunner().invoke(cli.commands, ["alerts", *words], env=environment)
        return ran.exit_code, ran.output or str(ran.exception)

    return run


def test_commands_list_show_acknowledge_and_resolve(
    settings: Settings, receiver: Receiver, throughline
) -> None:
    report_checks(settings, NIGHT, [judged(1, "sales-ops"), judged(2, "sales-ops")])
    (found,) = json.loads(throughline("list", "--json")[1])
    number = str(found["incident_id"])
    assert (found["status"], found["owner"], found["occurrences"]) == ("open", "sales-ops", 1)
    code, shown = throughline("show", number)
    assert code == 0
    assert shown.count("  failed  lead.table_") == 2
    assert "since    run 2026-06-30, served -" in shown
    assert "behind   lead.table_1, lead.table_2" in shown
    assert "webhook: opened sent" in shown
    assert throughline("ack", number, "--by", "li") == (0, f"incident {number} acknowledged\n")
    assert "acknowledged" in throughline("list")[1]
    assert throughline("resolve", number, "--by", "li") == (0, f"incident {number} resolved\n")
    assert throughline("list") == (0, "(no rows)\n")
    assert "resolved" in throughline("list", "--all")[1]
    told = json.loads(throughline("show", number, "--json")[1])
    assert [event["event"] for event in told["history"]] == ["opened", "acknowledged", "resolved"]
    assert events(receiver) == ["opened", "resolved"]
    assert "by li" in receiver.messages[1]["text"]


def test_status_lists_what_is_not_resolved_and_who_is_at_it(settings: Settings) -> None:
    environment = {"THROUGHLINE_CONFIG": str(settings.config_file)}
    for subject in ("lead.leads", "lead.call_daily", "lead.\x1b[2Jgone"):
        report(settings, subject=subject, summary=f"check {subject} failed")
    numbers = {row["subject"]: row["incident_id"] for row in register.incidents(settings)}
    register.acknowledge(settings, numbers["lead.leads"], "li")
    register.resolve(settings, numbers["lead.call_daily"], "li")
    said = CliRunner().invoke(cli.commands, ["status"], env=environment).output
    assert "incidents not resolved: 2" in said
    assert "critical check lead.leads failed (acknowledged by li, sales-ops)" in said
    assert "lead.call_daily" not in said
    assert "\x1b" not in said
    told = CliRunner().invoke(cli.commands, ["status", "--json"], env=environment).output
    assert {row["status"] for row in json.loads(told)["incidents"]} == {"open", "acknowledged"}


def test_user_without_a_name_can_acknowledge(
    settings: Settings, receiver: Receiver, throughline, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(settings)
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54_321)  # as in a container
    number = register.incidents(settings)[0]["incident_id"]
    assert throughline("ack", str(number))[0] == 0
    assert register.incidents(settings)[0]["acknowledged_by"] == "user 54321"


def test_unknown_incident_names_the_command_that_lists_them(throughline) -> None:
    code, said = throughline("ack", "999")
    assert code == 1
    assert "throughline alerts list --all" in said


def test_tables_of_an_earlier_version_are_brought_up(
    settings: Settings, receiver: Receiver
) -> None:
    report(settings)
    change(
        settings,
        "drop index throughline.outbox_once, throughline.outbox_sent; "
        "drop table throughline.incident_parts, throughline.incident_events; "
        "alter table throughline.incidents drop episode, "
        "drop is_flapping, drop acknowledged_at, drop acknowledged_by, drop resolved_at, "
        "drop end_reason, drop first_bad_run, drop blast_radius, drop served, "
        "drop resolved_by; alter table throughline.outbox drop episode, drop event, "
        "drop folded_into, "
        "add unique (incident_id, channel)",
    )
    report_passed(settings, ["check"], ["lead.leads"], "2026-06-30")
    assert events(receiver) == ["opened", "resolved"]
