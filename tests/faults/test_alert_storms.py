"""P28: however many checks fail in a night, an owner gets one message per severity."""

import shlex
from datetime import date

import pytest
from typer.testing import CliRunner

from alert_case import Inbox, Receiver, inbox, judged, receiver, settings
from throughline import cli
from throughline.alerts import report_checks
from throughline.landing import Outcome
from throughline.night_alerts import report_checks as report_night
from throughline.night_alerts import report_domain
from throughline.settings import Settings

__all__ = ["inbox", "receiver", "settings"]

NIGHT = date(2026, 6, 30)


def test_storm_of_500_failed_checks_is_one_message_per_owner(
    settings: Settings, receiver: Receiver, inbox: Inbox
) -> None:
    results = [judged(number, "sales-ops" if number % 2 else "finance") for number in range(500)]
    for _ in range(2):  # the task is tried again
        report_night(settings, NIGHT, results)
    assert sorted(message["owner"] for message in receiver.messages) == ["finance", "sales-ops"]
    assert len(inbox.mails) == 2
    assert "and 249 more" in receiver.messages[0]["summary"]
    assert "and 240 more" in receiver.messages[0]["detail"]


def test_failures_of_two_gates_in_one_night_are_one_message(
    settings: Settings, receiver: Receiver
) -> None:
    report_night(settings, NIGHT, [judged(1, "sales-ops", "warning")])
    report_night(settings, NIGHT, [judged(2, "sales-ops", "warning")])
    assert len(receiver.accepted) == 1


def test_warnings_are_told_apart_and_block_nothing(settings: Settings, receiver: Receiver) -> None:
    results = [judged(1, "sales-ops"), judged(2, "sales-ops", "warning")]
    report_checks(settings, results, window="w", blocks="publishing", command="c")
    told = {message["severity"]: message["blocks"] for message in receiver.messages}
    assert told == {"critical": "publishing", "warning": "nothing; the release is published"}


@pytest.mark.parametrize("what", ["checks", "held domain", "missing domain"])
def test_command_in_a_message_exists(settings: Settings, receiver: Receiver, what: str) -> None:
    if what == "checks":
        report_night(settings, NIGHT, [judged(1, "sales-ops")])
    else:
        held = Outcome("crm", NIGHT, "held", "bad", [], None)  # type: ignore[arg-type]
        report_domain(settings, NIGHT, "crm", held if what == "held domain" else None)
    (message,) = receiver.messages
    program, *words = shlex.split(message["command"])
    assert program == "throughline"
    shown = CliRunner().invoke(cli.commands, [words[0], "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    for option in (word for word in words if word.startswith("--")):
        assert option in shown.output
    ran = CliRunner().invoke(
        cli.commands, words, env={"THROUGHLINE_CONFIG": str(settings.config_file)}
    )
    assert ran.exit_code == 0, ran.output
