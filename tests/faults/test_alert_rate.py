"""P28: a channel hears at most 20 messages a minute; what is more travels together, or waits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from alert_case import (
    Inbox,
    Receiver,
    change,
    due_now,
    inbox,
    new_database,
    receiver,
    report,
    rows,
    settings,
    write_settings,
)
from chat_case import ROUTING_KEY, Chat
from throughline.alerts import deliver, register, report_passed
from throughline.alerts.pruning import prune
from throughline.settings import Settings
from throughline.watchdog import watch

__all__ = ["inbox", "receiver", "settings"]

WAITING = "select count(*) from throughline.outbox where sent_at is null"


def owe(settings: Settings, count: int, monkeypatch: pytest.MonkeyPatch, owner: str) -> None:
    """Let incidents be recorded whose messages nobody has tried to send."""
    with monkeypatch.context() as patch:
        patch.setattr("throughline.alerts.incidents.deliver", lambda *_, **__: None)
        for number in range(count):
            report(settings, subject=f"lead.table_{number}", owner=owner)


def minute_later(settings: Settings) -> None:
    change(settings, "update throughline.outbox set sent_at = sent_at - interval '61 seconds'")


def test_storm_of_incidents_of_one_owner_ends_in_one_message_that_names_and_counts_them(
    settings: Settings, receiver: Receiver, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(settings, 60, monkeypatch, "sales-ops")
    assert deliver(settings).sent == 120, "60 on each of two channels"
    assert (len(receiver.accepted), len(inbox.mails)) == (13, 13)
    last = receiver.messages[-1]
    assert "[critical] 48 messages in one: 48 critical" in last["text"]
    assert last["text"].count("- critical: check lead.leads failed") == 5
    assert "- and 43 more" in last["text"]
    assert len(last["folded"]) == 47
    assert "48 messages in one" in inbox.mails[-1]["Subject"]
    assert rows(settings, WAITING) == [(0,)]
    for number in range(60):
        report_passed(settings, ["check"], [f"lead.table_{number}"], "2026-06-30")
    assert len(receiver.accepted) <= 20


def test_owners_are_told_apart_when_their_messages_are_folded(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(settings, 12, monkeypatch, "finance")
    for owner in ("sales-ops", "call-center", "finance"):
        with monkeypatch.context() as patch:
            patch.setattr("throughline.alerts.incidents.deliver", lambda *_, **__: None)
            for number in range(4):
                report(settings, subject=f"{owner}.{number}", owner=owner)
    deliver(settings)
    told = [(message["owner"], len(message["folded"])) for message in receiver.messages[12:]]
    assert told == [("sales-ops", 3), ("call-center", 3), ("finance", 3)]


def test_messages_beyond_twenty_a_minute_wait_for_the_next_one(
    settings: Settings, receiver: Receiver
) -> None:
    for number in range(25):  # one by one, so that there is nothing to fold
        report(settings, subject=f"lead.table_{number}")
    assert len(receiver.accepted) == 20
    assert deliver(settings).waiting > 0
    assert len(receiver.accepted) == 20
    minute_later(settings)
    deliver(settings)
    assert rows(settings, WAITING) == [(0,)]
    assert sorted(message["subject"] for message in receiver.messages) == sorted(
        f"lead.table_{number}" for number in range(25)
    )


@pytest.fixture
def pager(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Chat:
    chat = Chat("pagerduty")
    httpserver.expect_request("/duty").respond_with_handler(chat.answer)
    monkeypatch.setenv("DUTY_URL", httpserver.url_for("/duty"))
    monkeypatch.setenv("DUTY_KEY", ROUTING_KEY)
    return chat


def test_pager_is_told_of_each_incident_and_of_no_more_than_twenty_a_minute(
    pager: Chat, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_STATE_URL", new_database(postgres_url))
    settings = write_settings(
        tmp_path,
        "  channels: {duty: {type: pagerduty, url_env: DUTY_URL, secret_env: DUTY_KEY}}\n",
    )
    owe(settings, 25, monkeypatch, "sales-ops")
    deliver(settings)
    assert len(pager.taken) == 20
    minute_later(settings)
    deliver(settings)
    assert len({body["dedup_key"] for body in pager.taken}) == len(pager.taken) == 25


def test_folded_message_that_is_refused_is_sent_again_and_loses_nothing(
    settings: Settings, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from werkzeug import Response

    for number in range(12):
        report(settings, subject=f"before.{number}")
    owe(settings, 6, monkeypatch, "sales-ops")
    receiver.planned = [Response(status=500)]
    deliver(settings)
    assert len(receiver.accepted) == 12
    due_now(settings)
    deliver(settings)
    assert [len(message["folded"]) for message in receiver.messages[12:]] == [5]


@pytest.mark.parametrize("look", [prune, watch], ids=["prune", "watchdog"])
def test_what_is_long_over_is_forgotten_and_what_is_open_is_kept(
    settings: Settings, receiver: Receiver, look: Callable
) -> None:
    for subject in ("old", "older", "open"):
        report(settings, subject=subject)
    for subject in ("old", "older"):
        report_passed(settings, ["check"], [subject], "2026-06-30")
    for subject, age in (("old", 91), ("older", 731), ("open", 9999)):
        change(
            settings,
            f"update throughline.incidents set opened_at = opened_at - interval '{age} days',"
            f" resolved_at = resolved_at - interval '{age} days' where subject = '{subject}'",
        )
    look(settings, datetime.now(UTC))
    found = {row["subject"]: row["incident_id"] for row in register.incidents(settings, True)}
    assert found.keys() >= {"old", "open"}
    assert "older" not in found
    assert register.incident(settings, found["old"])["messages"] == []
    assert len(register.incident(settings, found["open"])["messages"]) == 2


def test_nothing_is_forgotten_early(settings: Settings, receiver: Receiver) -> None:
    report(settings)
    report_passed(settings, ["check"], ["lead.leads"], "2026-06-30")
    assert prune(settings, datetime.now(UTC) + timedelta(days=89)) == 0
    assert prune(settings, datetime.now(UTC) + timedelta(days=91)) > 0
